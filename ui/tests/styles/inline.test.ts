import { describe, expect, it } from 'vitest'

const components = import.meta.glob<string>('../../src/**/*.vue', { query: '?raw', import: 'default', eager: true })

describe('the templates', () => {
  it('hold no inline style and no visible text of their own', () => {
    expect(Object.keys(components).length, 'the components were found').toBeGreaterThan(3)
    for (const [file, source] of Object.entries(components)) {
      const template = /<template>([\s\S]*)<\/template>/.exec(source)?.[1] ?? ''
      expect(template, `${file}: the window's content security policy drops style attributes`).not.toMatch(/\sstyle="/)
      expect(template, `${file}: visible texts belong to src/locales`).not.toMatch(/\p{Script=Han}/u)
    }
  })
})
