import { describe, expect, it } from 'vitest'

import names from '@/fonts/names.txt?raw'
import licence from '@/fonts/OFL.txt?raw'
import css from '@/styles/fonts.css?raw'
import tokens from '@/styles/tokens.css?raw'

const ranges = [...css.matchAll(/U\+([0-9A-F]+)(?:-([0-9A-F]+))?/g)].map(([, low, high]) => [parseInt(low ?? '', 16), parseInt(high ?? low ?? '', 16)] as const)
const isCovered = (char: string): boolean => ranges.some(([low, high]) => low <= (char.codePointAt(0) ?? 0) && (char.codePointAt(0) ?? 0) <= high)

describe('the font of rare characters', () => {
  it.each(['镕', '堃', '㛃', '䶮', '𠮷'])('shows %s', (char) => expect(isCovered(char)).toBe(true))

  it('covers every name of the list it is made from', () => {
    const listed = [...names.split('\n').filter((line) => !line.startsWith('#')).join('')].filter((char) => char.trim() !== '')
    expect(listed.length).toBeGreaterThan(300)
    expect(listed.filter((char) => !isCovered(char)), 'run scripts/fonts.sh after changing names.txt').toEqual([])
  })

  it('stands last before the generic family, and brings its licence', () => {
    expect(tokens).toMatch(/--font-text: .*'Xunjian Rare', sans-serif;/)
    expect(licence).toContain('SIL OPEN FONT LICENSE Version 1.1')
    expect(licence).toContain('Adobe')
  })
})
