import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createFakeConsole } from '@/console/fake'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('a record', () => {
  let at: Mounted
  let ids: string[]

  beforeEach(async () => {
    localStorage.clear()
    ids = (await createFakeConsole().records({}, null)).items.map((item) => item.id)
  })
  afterEach(() => at.page.unmount())

  it('is green only when every step passed', async () => {
    at = await mountConsole(`/records/${ids[0]}`)
    const banner = at.page.get('[data-testid="verdict-banner"]')
    expect(banner.attributes('data-verdict')).toBe('verified')
    expect(banner.classes()).toContain('verdict-normal')
    expect(at.text('checked-at')).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d/)
  })

  it('turns red and names the step that fails', async () => {
    at = await mountConsole(`/records/${ids[0]}`, { broken: { record: ids[0] ?? '', step: 'inspector_signature' } })
    const banner = at.page.get('[data-testid="verdict-banner"]')
    expect(banner.classes()).toContain('verdict-failed')
    expect(banner.text()).toContain('核验失败：巡检人员签名正确')
    expect(banner.text()).toContain('sha256 mismatch')
    expect(banner.find('[role="alert"]').exists()).toBe(true)
    expect(at.page.get('[data-testid="step-inspector_signature"]').attributes('data-verdict')).toBe('failed')
  })

  it('gives the interval of its time, open above while there is no receipt', async () => {
    at = await mountConsole(`/records/${ids[0]}`)
    expect(at.text('sealed-latest')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/)
    at.page.unmount()
    at = await mountConsole(`/records/${ids.at(-1)}`)
    expect(at.text('sealed-latest')).toContain('尚无')
  })

  it('waits, and is not green, without a receipt', async () => {
    at = await mountConsole(`/records/${ids.at(-1)}`)
    expect(at.page.get('[data-testid="verdict-banner"]').classes()).toContain('verdict-wait')
  })

  it('is checked anew on request while its content stays', async () => {
    const api = createFakeConsole()
    const asked = vi.fn(api.record)
    at = await mountConsole(`/records/${ids[0]}`, { api: new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'record' ? asked : target[name]) }) })
    await at.page.get('[data-testid="verify-record"]').trigger('click')
    expect(at.has('record-body')).toBe(true)
    await settle()
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('leads to its neighbours in the chain and to its leaf', async () => {
    at = await mountConsole(`/records/${ids[1]}`)
    expect(at.page.get('[data-testid="previous"]').attributes('href')).toBe(`#/records/${ids[0]}`)
    expect(at.page.get('[data-testid="following"]').attributes('href')).toBe(`#/records/${ids[2]}`)
    await at.goTo(at.page.get('[data-testid="leaf"]').attributes('href')?.slice(1) ?? '')
    expect(at.text('leaf-payload')).toContain('ys-demo')
  })

  it('shows its photos one after another over the whole screen', async () => {
    at = await mountConsole(`/records/${ids[0]}`)
    await at.page.get('[data-testid^="photo-"]').trigger('click')
    await settle()
    const viewer = (): HTMLElement | null => document.querySelector('[data-testid="photo-place"]')
    expect(viewer()?.textContent).toContain('第 1 张')
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))
    await settle()
    expect(viewer()?.textContent).toContain('第 2 张')
  })
})
