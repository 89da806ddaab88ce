// What a new PIN or passphrase must hold. A tablet without a key store protects the signing key by the passphrase alone: whoever
// copies the disk may try passphrases for as long as they like, so that a short or plain one falls within hours.

import type { Custody } from '@/gen'

/** Fewest characters; the engine insists on the same (crates/field/src/keys.rs). */
export const fewest = 12
/** Fewest of a PIN, which only a system keystore makes good enough. */
export const fewestOfPin = 6

export type PassphraseFault = 'short' | 'digits' | 'repeats'

export const lengthOf = (typed: string): number => [...typed.trim()].length
export const fewestFor = (custody: Custody): number => (custody === 'keystore' ? fewestOfPin : fewest)

/** One step from each character to the next, or a short piece again and again: what anyone would try first. */
function isTrivial(characters: readonly string[]): boolean {
  const codes = characters.map((one) => one.codePointAt(0) ?? 0)
  const round = characters.every((one) => /\d/.test(one)) ? 10 : 0x110000
  const steps = new Set(codes.slice(1).map((code, at) => (code - (codes[at] ?? 0) + round) % round))
  const repeats = (piece: number): boolean => codes.slice(piece).every((code, at) => code === codes[at])
  return steps.size <= 1 || [1, 2, 3, 4].some((piece) => piece <= codes.length / 2 && repeats(piece))
}

export function faultOf(typed: string, custody: Custody = 'file'): PassphraseFault | null {
  const characters = [...typed.trim()]
  if (characters.length < fewestFor(custody)) return 'short'
  if (custody === 'file' && characters.every((one) => /\d/.test(one))) return 'digits'
  if (isTrivial(characters) || (custody === 'file' && new Set(characters).size < 6)) return 'repeats'
  return null
}

/** Long and mixed enough that length stops being the weak point; shown as a word, never demanded. */
export function isStrong(typed: string): boolean {
  const characters = [...typed.trim()]
  return faultOf(typed) === null && characters.length >= 16 && new Set(characters).size >= 9
}
