// Presses 正常 on one line after another and times each from the press until the frame in which the button is chosen has been
// painted: a message that was posted in a frame's callback arrives once that frame is done. Beside it the floor: one such frame
// when nothing happens at all.
const [wanted, done] = arguments
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const painted = () =>
  new Promise((resolve) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = resolve
      port2.postMessage(null)
    }),
  )
const run = async () => {
  const frames = []
  for (let round = 0; round < 20; round += 1) {
    const begun = performance.now()
    await painted()
    frames.push(performance.now() - begun)
  }
  frames.sort((a, b) => a - b)
  const taps = []
  const seen = new Set()
  const isAnswerable = (button) => !seen.has(button) && button.getAttribute('aria-checked') === 'false' && !button.disabled
  while (taps.length < wanted) {
    const button = [...document.querySelectorAll('[data-testid=answer-normal]')].find(isAnswerable)
    if (!button) {
      const next = document.querySelector('[data-testid=next-group]')
      if (!next || next.disabled) break
      next.click()
      await painted()
      await painted()
      continue
    }
    seen.add(button)
    button.scrollIntoView({ block: 'center' })
    await painted()
    // What the item asks besides its outcome comes first, every check by its one press; some of them say it all.
    const checks = [...button.closest('[data-line]').querySelectorAll('fieldset.check')].map((check) => check.querySelector('[data-testid$=-both], [data-testid$=-quick]'))
    if (checks.includes(null)) continue
    for (const pressed of [...checks, button]) {
      const isLast = pressed === button
      const chosen = new Promise((resolve) => new MutationObserver(resolve).observe(button, { attributes: true, attributeFilter: ['aria-checked'] }))
      const begun = performance.now()
      pressed.click()
      // Nobody presses twice within a quarter of a second.
      await Promise.race([chosen, pause(isLast ? 2000 : 250)])
      await painted()
      if (button.getAttribute('aria-checked') !== 'true') continue
      taps.push(performance.now() - begun)
      break
    }
    await pause(250)
  }
  return { taps, frames: frames[10] }
}
run().then(done, (error) => done({ taps: [], frames: 0, error: String(error) }))
