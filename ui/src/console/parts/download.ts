// Hands bytes to the person as a file.
export function download(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the address by the next turn; before it, some start an empty download.
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
