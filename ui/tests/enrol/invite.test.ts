import { describe, expect, it } from 'vitest'

import { digitsOf, grouped, judgeFingerprint, readInvite } from '@/enrol/invite'
import { faultOf, isStrong } from '@/enrol/passphrase'

const root = '0f'.repeat(32)

describe('an invitation', () => {
  it('shows address, code and fingerprint, percent-decoded', () => {
    expect(readInvite(` XUNJIAN-ENROL:1?u=https://xunjian.example:8731/a%3Fb&c=ABCD-EFGH&r=${root}&later=1\n`)).toEqual({ serviceUrl: 'https://xunjian.example:8731/a?b', code: 'ABCD-EFGH', rootFingerprint: root })
  })

  it.each(['', 'https://xunjian.example', 'XUNJIAN-ENROL:2?u=a&c=b&r=c', 'XUNJIAN-ENROL:1?u=a&c=b', 'XUNJIAN-ENROL:1?u=%E0%A4%A&c=b&r=c', 'XUNJIAN-ENROL:1?u'])('is nothing else: %s', (text) => {
    expect(readInvite(text)).toBeNull()
  })
})

describe('a fingerprint typed from paper', () => {
  it('may be typed in groups, with colons, or in capitals', () => {
    expect(digitsOf('0F0F 0f0f：0f0f-0F')).toBe('0f0f0f0f0f0f0f')
    expect(grouped(root)).toHaveLength(64 + 15)
    expect(judgeFingerprint(grouped(root).toUpperCase())).toBe('whole')
  })

  it('says what is wrong with it', () => {
    expect(judgeFingerprint(' ')).toBe('empty')
    expect(judgeFingerprint('0f0f')).toBe('short')
    expect(judgeFingerprint(root + '0')).toBe('long')
    expect(judgeFingerprint('0O')).toBe('not_hex')
  })
})

describe('a new passphrase', () => {
  it.each([
    ['eleven char', 'short'],
    ['镕堃在机房巡检', 'short'],
    ['138001380001380', 'digits'],
    ['aaaaaaaaaaaaaaaa', 'repeats'],
    ['            ', 'short'],
    ['correct horse battery', null],
  ])('“%s” is judged %s', (typed, fault) => {
    expect(faultOf(typed)).toBe(fault)
  })

  it('counts characters, not code units: rare names do not count double', () => {
    expect(faultOf('𠮷𠮷𠮷𠮷𠮷𠮷')).toBe('short')
  })

  it('is strong only when long and mixed', () => {
    expect(isStrong('correct horse battery')).toBe(true)
    expect(isStrong('abcdefabcdef')).toBe(false)
  })
})
