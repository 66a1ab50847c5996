/**
 * What the field that has the focus contains now. Returns a function that puts it back, as if somebody had typed it: a code that a scanner types runs
 * through whatever field has the focus. One that cannot be typed into is left alone.
 */
export function fieldNow(page: Document): () => void {
  const field = page.activeElement
  if (!(field instanceof HTMLInputElement) || field.readOnly) return () => {}
  const { value } = field
  return () => {
    if (field.value === value) return
    // React overrides the property on the element, to see what it has set itself.
    Reflect.set(HTMLInputElement.prototype, 'value', value, field)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
}
