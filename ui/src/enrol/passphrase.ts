// What a new passphrase must hold. A tablet without a key store protects the signing key by the passphrase alone: whoever
// copies the disk may try passphrases for as long as they like, so that a short or plain one falls within hours.

/** Fewest characters; the engine insists on the same (crates/field/src/keys.rs). */
export const fewest = 12

export type PassphraseFault = 'short' | 'digits' | 'repeats'

export const lengthOf = (typed: string): number => [...typed.trim()].length

export function faultOf(typed: string): PassphraseFault | null {
  const characters = [...typed.trim()]
  if (characters.length < fewest) return 'short'
  if (characters.every((one) => /\d/.test(one)) && characters.length < 20) return 'digits'
  if (new Set(characters).size < 6) return 'repeats'
  return null
}

/** Long and mixed enough that length stops being the weak point; shown as a word, never demanded. */
export function isStrong(typed: string): boolean {
  const characters = [...typed.trim()]
  return faultOf(typed) === null && characters.length >= 16 && new Set(characters).size >= 9
}
