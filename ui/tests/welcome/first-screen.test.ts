import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import AppShell from '@/AppShell.vue'
import { createFakeBackend } from '@/backend/fake'

import { mountPage } from '../mountPage'

const backend = createFakeBackend({ appInfo: { version: '9.8.7', identifier: 'cn.xunjian.test' } })
const chinese = /\p{Script=Han}/u

describe('the first screen', () => {
  let screen: VueWrapper

  beforeEach(() => localStorage.clear())
  afterEach(() => screen.unmount())

  const at = (testid: string) => screen.get(`[data-testid="${testid}"]`)

  it('opens in Chinese with the version of the running program', async () => {
    screen = await mountPage(AppShell, { backend })
    expect(at('name').text()).toBe('巡检')
    expect(at('welcome').text()).toContain('本应用尚未登记为巡检终端')
    expect(at('welcome').text()).toContain('xunjian-field enrol')
    expect(at('version').text()).toBe('版本 9.8.7')
    expect(at('identifier').text()).toBe('应用标识 cn.xunjian.test')
    expect(document.documentElement.lang).toBe('zh-CN')
  })

  it('speaks English throughout after one press of the language button', async () => {
    screen = await mountPage(AppShell, { backend })
    await at('language').trigger('click')
    expect(at('name').text()).toBe('Xunjian')
    expect(at('version').text()).toBe('Version 9.8.7')
    expect(document.documentElement.lang).toBe('en')
    expect(screen.text().replace(at('language').text(), ''), 'only the way back to Chinese is in Chinese').not.toMatch(chinese)
  })

  it('opens in the language that was chosen last time', async () => {
    localStorage.setItem('xunjian.language', 'en')
    screen = await mountPage(AppShell, { backend })
    expect(at('welcome').text()).toContain('not enrolled')
    await at('language').trigger('click')
    expect(localStorage.getItem('xunjian.language')).toBe('zh-CN')
  })

  it('opens in Chinese when the stored language is one it does not have', async () => {
    localStorage.setItem('xunjian.language', 'fr')
    screen = await mountPage(AppShell, { backend })
    expect(at('name').text()).toBe('巡检')
  })

  it('turns dark and remembers it', async () => {
    localStorage.setItem('xunjian.theme', 'light')
    screen = await mountPage(AppShell, { backend })
    expect(document.body.classList).not.toContain('body--dark')
    await at('theme').trigger('click')
    expect(document.body.classList).toContain('body--dark')
    expect(localStorage.getItem('xunjian.theme')).toBe('dark')
    expect(at('theme').attributes('aria-label')).toBe('切换为浅色外观')
  })

  it('says why when the program does not answer, and reads again on request', async () => {
    let answers = 0
    const failsOnce = {
      appInfo: () => (answers++ === 0 ? Promise.reject(new Error('app_info is gone')) : backend.appInfo()),
    }
    screen = await mountPage(AppShell, { backend: failsOnce })
    expect(at('fault').text()).toBe('读取不到应用信息：app_info is gone')
    await screen.get('footer button').trigger('click')
    await flushPromises()
    expect(at('version').text()).toBe('版本 9.8.7')
  })
})
