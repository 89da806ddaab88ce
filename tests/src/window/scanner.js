// What a scanner that pretends to be a keyboard sends: a key event a character, faster than any hand, then Enter.
const [text, done] = arguments
const codes = { '/': 'Slash', ':': 'Semicolon', '.': 'Period', '-': 'Minus' }
const press = (key, code) => {
  const target = document.activeElement ?? document.body
  for (const type of ['keydown', 'keyup']) {
    target.dispatchEvent(new KeyboardEvent(type, { key, code, bubbles: true, cancelable: true, shiftKey: /[A-Z:]/.test(key) }))
  }
}
for (const key of text) press(key, /[0-9]/.test(key) ? `Digit${key}` : /[A-Za-z]/.test(key) ? `Key${key.toUpperCase()}` : (codes[key] ?? ''))
press('Enter', 'Enter')
setTimeout(() => done(null), 0)
