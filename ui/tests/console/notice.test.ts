import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'

import ConsoleShell from '@/console/ConsoleShell.vue'

import { mountPage } from '../mountPage'

describe('the console page', () => {
  let page: VueWrapper

  beforeEach(() => localStorage.clear())
  afterEach(() => page.unmount())

  it('names the service and its address in both languages', async () => {
    page = await mountPage(ConsoleShell)
    const notice = page.get('[data-testid="console"]')
    expect(notice.text()).toContain('这里是巡检中心服务')
    expect(notice.text()).toContain(window.location.host)
    await page.get('[data-testid="language"]').trigger('click')
    expect(notice.text()).toContain('This is the Xunjian central service')
    expect(notice.text()).toContain('next version')
  })
})
