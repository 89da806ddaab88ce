// Which of these characters the page's font does not draw: nothing at all, or the same box as for a code point that no font has.
const [characters, done] = arguments
const family = getComputedStyle(document.body).fontFamily
const canvas = document.createElement('canvas')
canvas.width = canvas.height = 64
const context = canvas.getContext('2d', { willReadFrequently: true })
const draw = (text) => {
  context.clearRect(0, 0, 64, 64)
  context.font = `48px ${family}`
  context.textBaseline = 'top'
  context.fillText(text, 4, 4)
  return context.getImageData(0, 0, 64, 64).data.join()
}
document.fonts.load(`48px ${family}`, characters).then(() => document.fonts.ready).then(() => {
  const blank = draw(' ')
  const box = draw('\u{10FFFD}')
  done([...characters].filter((one) => [blank, box].includes(draw(one))))
})
