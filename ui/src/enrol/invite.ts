// 登记二维码: what an invitation says, for the person to see before it is used. The engine reads the text itself and judges;
// this only shows. `XUNJIAN-ENROL:1?u=<url>&c=<code>&r=<fingerprint>`, values percent-encoded (crates/protocol/src/enrol.rs).
export interface Invite {
  readonly serviceUrl: string
  readonly code: string
  readonly rootFingerprint: string
}

const prefix = 'XUNJIAN-ENROL:1?'

/** What the text invites to; `null` for any other text. */
export function readInvite(text: string): Invite | null {
  const plain = text.trim()
  if (!plain.startsWith(prefix)) return null
  const found: Record<string, string> = {}
  for (const field of plain.slice(prefix.length).split('&')) {
    const at = field.indexOf('=')
    if (at < 0) return null
    const name = field.slice(0, at)
    try {
      found[name] = decodeURIComponent(field.slice(at + 1))
    } catch {
      return null
    }
  }
  const { u, c, r } = found
  return u && c && r ? { serviceUrl: u, code: c, rootFingerprint: r } : null
}

/** The hexadecimal digits of a fingerprint typed from paper, without spaces, colons and dashes. */
export function digitsOf(typed: string): string {
  return typed.toLowerCase().replace(/[\s:：\-—]/g, '')
}

/** In groups of four, as paper prints it. */
export function grouped(digits: string): string {
  return digits.match(/.{1,4}/g)?.join(' ') ?? ''
}

/** How a typed fingerprint stands. */
export function judgeFingerprint(typed: string): 'empty' | 'whole' | 'short' | 'long' | 'not_hex' {
  const digits = digitsOf(typed)
  if (digits === '') return 'empty'
  if (/[^0-9a-f]/.test(digits)) return 'not_hex'
  return digits.length === 64 ? 'whole' : digits.length < 64 ? 'short' : 'long'
}
