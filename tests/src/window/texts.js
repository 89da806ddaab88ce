// Texts that nobody should read: locale keys that were never translated and, in English, Chinese that is not data. Data (names,
// notes, printed sentences) stands in elements with `data-raw` or `lang="zh-CN"`.
const [features] = arguments
const han = /\p{Script=Han}/u
const key = new RegExp(`(^|[\\s“(])(${features.join('|')})(\\.[A-Za-z][A-Za-z0-9_]*){1,4}($|[\\s”),:])`)
const isData = (element) => element.closest('[data-raw], [lang="zh-CN"]') !== null
const isShown = (element) => element.checkVisibility?.() ?? element.getClientRects().length > 0
const found = []
const judge = (text, element) => {
  const where = element.closest('[data-testid]')?.dataset.testid ?? element.className
  if (key.test(text)) found.push(`untranslated: ${text} [${where}]`)
  if (document.documentElement.lang === 'en' && han.test(text)) found.push(`Chinese in English: ${text} [${where}]`)
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const parent = node.parentElement
  const text = node.textContent.trim()
  if (text && parent && !parent.closest('script, style') && isShown(parent) && !isData(parent)) judge(text, parent)
}
// What a screen reader says for itself may name data ("Lock, 镕堃"), so only the keys are looked for there.
for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) {
  for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
    const text = element.getAttribute(name) ?? ''
    if (key.test(text)) found.push(`untranslated ${name}: ${text}`)
  }
}
return [...new Set(found)]
