import type { PanelAction, PayAction } from './keys.ts'

/** Presses the button that an action is written on, if it is there and can be pressed: its key then does exactly what a finger would. */
export function pressButtonOf(action: PanelAction | PayAction, page: Document): void {
  page.querySelector<HTMLButtonElement>(`button[data-action="${action}"]:not(:disabled)`)?.click()
}
