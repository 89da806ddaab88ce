// Tells the browser how large a printed page is. A constructed style sheet, because the content security policy drops
// `<style>` elements that scripts write; where there is none, the person chooses the paper in the print dialog.
export interface Paper {
  set(size: { readonly width: number; readonly height: number }): void
  close(): void
}

export function openPaper(): Paper {
  if (typeof CSSStyleSheet === 'undefined' || !('adoptedStyleSheets' in document)) return { set: () => undefined, close: () => undefined }
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  return {
    set: ({ width, height }) => sheet.replaceSync(`@page { size: ${width}mm ${height}mm; margin: 0 }`),
    close: () => (document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet)),
  }
}
