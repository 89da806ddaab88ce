// What does not fit: a page wider than the glass, and anything to press that no scrolling brings out from under something else.
const name = (element) =>
  element.dataset?.testid ?? element.getAttribute('aria-label') ?? `${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 24)}`
const found = []
const root = document.documentElement
const over = Math.max(root.scrollWidth, document.body.scrollWidth) - innerWidth
if (over > 0) {
  const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  const innermost = wide.filter((element) => !wide.some((other) => other !== element && element.contains(other)))
  found.push(`${over} px wider than the glass: ${innermost.slice(0, 4).map(name).join(' | ')}`)
}
// A pane that scrolls sideways hides its end just as well; canvases and tables may.
for (const pane of document.querySelectorAll('body *')) {
  if (pane.clientWidth === 0 || pane.scrollWidth <= pane.clientWidth + 1) continue
  const style = getComputedStyle(pane)
  if (!['auto', 'scroll'].includes(style.overflowX) || pane.closest('[data-scrolls-sideways]')) continue
  found.push(`${pane.scrollWidth - pane.clientWidth} px wider than its pane: ${name(pane)}`)
}
const pressable = 'button, a[href], [role=button], [role=radio], [role=checkbox], [role=switch], input, textarea, select'
const places = [...document.querySelectorAll('*')].filter((element) => element.scrollTop > 0).map((element) => [element, element.scrollTop])
for (const element of document.querySelectorAll(pressable)) {
  if (element.disabled || element.matches('[aria-disabled=true], [aria-hidden=true], .q-field__native.hidden') || element.type === 'file') continue
  if (element.checkVisibility && !element.checkVisibility({ visibilityProperty: true })) continue
  const box = element.closest('.q-field, .q-toggle, .q-checkbox, .q-radio, label') ?? element
  element.scrollIntoView({ block: 'center', inline: 'center' })
  const { left, top, width, height } = element.getBoundingClientRect()
  if (width === 0 || height === 0) continue
  const hit = document.elementFromPoint(left + width / 2, top + height / 2)
  if (!hit) found.push(`out of reach: ${name(element)} at ${Math.round(left)}, ${Math.round(top)} ${Math.round(width)} × ${Math.round(height)}`)
  else if (!box.contains(hit) && !hit.contains(element)) found.push(`covered: ${name(element)} by ${name(hit)}`)
  else if (left < -1 || left + width > innerWidth + 1) found.push(`cut at the side: ${name(element)} ${Math.round(left)}…${Math.round(left + width)}`)
}
scrollTo(0, 0)
for (const [element, top] of places) element.scrollTop = top
return found
