import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import { quarterWindow } from '@/console/rounds/quarter'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('a round', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at?.page.unmount())

  async function fill(values: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await at.page.get(`[data-testid="${name}"]`).setValue(value)
  }
  async function look(): Promise<void> {
    await at.page.get('[data-testid="round-form"]').trigger('submit')
    await settle()
  }

  it('is opened only after its preview was seen and the tick was set', async () => {
    at = await mountConsole('/rounds/new')
    await look()
    expect(at.text('round-wrong')).toContain('请填写类型')
    await fill({ 'round-kind': 'quarterly', 'round-year': String(new Date().getFullYear()), 'round-quarter': '1' })
    await look()
    expect(at.text('preview-visits')).toContain('20 次到访')
    expect(at.text('round-warning')).toContain('任何人都不能更改或删除')
    expect(at.page.get('[data-testid="round-open"]').attributes('disabled')).toBeDefined()
    await at.page.get('[data-testid="round-read"]').setValue(true)
    await at.press('round-open')
    await at.arrive('round')
    expect((await at.api.rounds()).length).toBe(2)
  })

  it('names what stands in the way, and keeps what was typed when one goes back', async () => {
    at = await mountConsole('/rounds/new')
    await fill({ 'round-title': '2026年第四季度全面巡检', 'round-kind': 'quarterly', 'round-year': String(new Date().getFullYear()), 'round-quarter': '4' })
    await look()
    expect(at.text('preview-problems')).toContain('同名')
    await at.page.get('[data-testid="round-read"]').setValue(true)
    expect(at.page.get('[data-testid="round-open"]').attributes('disabled'), 'a problem blocks').toBeDefined()
    await at.press('round-back')
    expect(at.page.get<HTMLInputElement>('[data-testid="round-title"]').element.value).toBe('2026年第四季度全面巡检')
  })

  it('has its visits assigned to whoever is chosen, and says so', async () => {
    const round = (await createFakeConsole().rounds())[0]?.round.id
    at = await mountConsole(`/rounds/${round}?assignee=none`)
    const before = Number(at.page.get('[data-testid="visits-total"]').attributes('data-total'))
    await at.page.findAll('[data-testid^="pick-"]').filter((one) => one.element.tagName === 'INPUT')[0]?.setValue(true)
    await at.page.get('[data-testid="assign-person"]').setValue('person-rong')
    await at.press('assign-do')
    expect(at.text('assign-done')).toContain('已把 1 次到访指派给 镕堃')
    expect(Number(at.page.get('[data-testid="visits-total"]').attributes('data-total'))).toBe(before - 1)
  })

  it('lasts by its quarter', () => {
    expect(quarterWindow(2027, 1)).toEqual({ from: '2027-01-01', by: '2027-03-31' })
    expect(quarterWindow(2028, 2)).toEqual({ from: '2028-04-01', by: '2028-06-30' })
  })
})
