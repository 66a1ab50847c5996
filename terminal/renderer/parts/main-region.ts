/**
 * What had the focus is gone: the screen's main region gets it, so that a screen reader goes on there and does not begin at the top of the page. Nothing in it is
 * pressed by the next key.
 */
export function focusMainRegion(page: Document): void {
  if (page.activeElement === page.body) page.querySelector('main')?.focus({ preventScroll: true })
}
