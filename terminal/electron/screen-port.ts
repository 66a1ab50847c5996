import { MessageChannelMain, type IpcMain, type IpcMainEvent, type MessagePortMain } from 'electron'
import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
import { isPage, type PageHost } from './page.ts'
import { CUSTOMER_CHANNEL, PORT_CHANNEL } from './port-channel.ts'
import { readFromScreen } from './screen-message.ts'

export type ScreenPort = { post(message: ToScreen): void }

export type ScreenListener = {
  /** A page was loaded and holds a new port; an earlier one is closed. */
  onOpened(): void
  onCommand(message: FromScreen): void
  onRefused(why: string): void
}

/**
 * Gives each load of the till's page one message port, which is its only way to the core. The port is the permission:
 * it goes to the main frame of our own page and to nobody else.
 */
export function offerScreenPort(ipc: IpcMain, listener: ScreenListener): ScreenPort {
  let port: MessagePortMain | undefined

  ipc.on(PORT_CHANNEL, (event) => {
    const frame = pageFrame(event, 'till')
    if (frame === undefined) return listener.onRefused('a frame that is not the till’s page asked for a port')
    port?.close()
    const channel = new MessageChannelMain()
    const own = channel.port1
    port = own
    own.on('message', ({ data }) => {
      const message = readFromScreen(data)
      if (message === undefined) listener.onRefused('the screen sent something that is not a command')
      else listener.onCommand(message)
    })
    own.start()
    frame.postMessage(PORT_CHANNEL, null, [channel.port2])
    listener.onOpened()
  })

  return { post: (message) => port?.postMessage(message) }
}

/** The same for the customer's page, one way: nobody listens to what such a page might say. */
export function offerCustomerPort(ipc: IpcMain, listener: Pick<ScreenListener, 'onOpened' | 'onRefused'>): { post(message: ToCustomer): void } {
  let port: MessagePortMain | undefined
  ipc.on(CUSTOMER_CHANNEL, (event) => {
    const frame = pageFrame(event, 'customer')
    if (frame === undefined) return listener.onRefused('a frame that is not the customer’s page asked for its port')
    port?.close()
    const { port1, port2 } = new MessageChannelMain()
    port = port1
    frame.postMessage(CUSTOMER_CHANNEL, null, [port2])
    listener.onOpened()
  })
  return { post: (message) => port?.postMessage(message) }
}

/** The frame that asked, if it is the main frame of our page. Electron clears it when the page is gone by the time its message is read. */
function pageFrame({ senderFrame }: IpcMainEvent, host: PageHost) {
  return senderFrame !== null && senderFrame.parent === null && isPage(senderFrame.url, host) ? senderFrame : undefined
}
