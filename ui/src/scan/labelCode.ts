// The code printed beside a label, as people type it. Whether it is right is the engine's to judge (check characters).

/** Upper case, narrow, without blanks and dashes. */
export function normalised(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}_·−]/gu, '')
}

/** `7K3M-9QTX-4F`, as printed; longer or shorter texts as far as they go. */
export function grouped(typed: string): string {
  const code = normalised(typed)
  return [code.slice(0, 4), code.slice(4, 8), code.slice(8)].filter((part) => part !== '').join('-')
}

/** Characters of a whole code. */
export const codeLength = 10
