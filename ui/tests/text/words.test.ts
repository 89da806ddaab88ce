import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { createTranslator } from '@/locales'
import { useWords, type Words } from '@/text/useWords'

function words(language: 'zh-CN' | 'en' = 'zh-CN'): Words {
  let found: Words | null = null
  const probe = defineComponent({ setup: () => ((found = useWords()), () => h('i')) })
  mount(probe, { global: { plugins: [createTranslator(language)] } })
  return found as unknown as Words
}

describe('words', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each(['UTC', 'America/New_York', 'Asia/Tokyo'])('give the time of the site on a tablet set to %s', (tablet) => {
    vi.stubEnv('TZ', tablet)
    expect(new Date(1_795_305_600_000).getHours(), 'the zone took effect').toBe({ UTC: 0, 'America/New_York': 19, 'Asia/Tokyo': 9 }[tablet])
    expect(words().moment(1_795_305_600_000)).toBe('2026-11-22 08:00')
  })

  it.each([
    [-86_400_000, '1 天', '1 d'],
    [90 * 86_400_000 + 7_200_000, '90 天', '90 d'],
    [-(26 * 3_600_000), '1 天 2 小时', '1 d 2 h'],
    [150_400, '2 分钟 30 秒', '2 min 30 s'],
    [0, '0 秒', '0 s'],
  ])('say how long %d ms are', (ms, zh, en) => {
    expect(words().amount(ms)).toBe(zh)
    expect(words('en').amount(ms)).toBe(en)
  })
})
