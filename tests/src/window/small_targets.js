// Everything a person may press, with its size where a gloved finger would miss it. Links inside running text are exempt
// (WCAG 2.5.8); what is hidden or disabled cannot be pressed.
const minimum = (element) => (element.matches('[data-testid^="answer-"]') ? 56 : 48)
const pressable = 'button, a[href], [role=button], [role=radio], [role=checkbox], [role=switch], [role=tab], input, select, textarea, label.target'
const seen = []
for (const element of document.querySelectorAll(pressable)) {
  if (element.closest('p, [aria-hidden=true], [hidden]') || element.disabled || element.matches('[aria-disabled=true], .disabled')) continue
  // A field or a toggle is pressed through the box that the library draws around it.
  const box = (element.closest('.q-field__control, .q-toggle, .q-radio, .q-checkbox, .q-slider, label') ?? element).getBoundingClientRect()
  if (box.width === 0 || box.height === 0) continue
  if (element.type === 'file' || element.matches('.q-field__native.hidden, .no-pointer-events')) continue
  const least = minimum(element)
  if (box.width < least - 0.5 || box.height < least - 0.5) {
    const name = element.dataset.testid ?? element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 30)
    seen.push(`${name}: ${Math.round(box.width)} × ${Math.round(box.height)} < ${least} [${element.className}]`)
  }
}
return seen
