import { describe, expect, it } from 'vitest'

import { messagesOf } from '@/locales'

type Tree = { readonly [key: string]: string | Tree }

/** Every text of a locale under its dotted key, in the order of the file. */
function texts(tree: Tree, prefix = ''): [key: string, text: string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : texts(value, `${prefix}${key}.`),
  )
}

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

describe('the locale files', () => {
  const chinese = texts(messagesOf('zh-CN') as Tree)
  const english = new Map(texts(messagesOf('en') as Tree))

  it('have exactly the same keys in the same order', () => {
    expect([...english.keys()]).toEqual(chinese.map(([key]) => key))
  })

  it('fill in the same values', () => {
    for (const [key, text] of chinese) {
      expect(placeholders(english.get(key) ?? ''), `the placeholders of ${key}`).toEqual(placeholders(text))
    }
  })

  it('leave no text empty', () => {
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), `the text of ${key}`).not.toBe('')
  })
})
