// Injected by page_faults.rs before the page starts: `window.xunjianPageFaults` lists everything that went wrong in it.
;(() => {
  const faults = []
  Object.defineProperty(window, 'xunjianPageFaults', { value: faults })
  window.addEventListener('error', (event) => faults.push(`error: ${event.message || event.target?.outerHTML}`), true)
  window.addEventListener('unhandledrejection', (event) => faults.push(`unhandled rejection: ${event.reason}`))
  window.addEventListener('securitypolicyviolation', (event) =>
    faults.push(`policy: ${event.effectiveDirective} blocked ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`),
  )
  for (const level of ['error', 'warn']) {
    const print = console[level].bind(console)
    console[level] = (...words) => {
      faults.push(`console.${level}: ${words.map(String).join(' ')}`)
      print(...words)
    }
  }
})()
