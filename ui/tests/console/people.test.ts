import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { pagesOf } from '@/console/labels/sizes'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('people, keys and labels', () => {
  let at: Mounted

  beforeEach(() => {
    localStorage.clear()
    sessionStorage.clear()
    URL.createObjectURL = vi.fn(() => 'blob:qr')
    URL.revokeObjectURL = vi.fn()
  })
  afterEach(() => at?.page.unmount())

  it('shows an enrolment code once, with its picture, its text and the time left', async () => {
    at = await mountConsole('/people')
    await at.press('enrol-person-rong')
    expect(at.text('enrol-text')).toBe('3F7K-9QXM-T2WA-6HDP-4RNC-8YVE-1G')
    expect(at.page.get('[data-testid="enrol-qr"]').attributes('src')).toBe('blob:qr')
    expect(at.text('enrol-left')).toMatch(/1[45]:\d\d/)
    await at.press('enrol-close')
    expect(at.has('enrol-code')).toBe(false)
  })

  it('adds a person only with name, organisation and a role', async () => {
    at = await mountConsole('/people')
    await at.press('new-person')
    await at.page.get('[data-testid="person-form"]').trigger('submit')
    await settle()
    expect(at.text('person-wrong')).toContain('至少选择一个角色')
    await at.page.get('[data-testid="person-name"]').setValue('李㛃')
    await at.page.get('[data-testid="person-party"]').setValue('supervisor')
    await at.page.get('[data-testid="role-reviewer"]').setValue(true)
    await at.page.get('[data-testid="person-form"]').trigger('submit')
    await settle()
    expect(at.text('people-table')).toContain('李㛃')
  })

  it('takes in keys that the root signed elsewhere', async () => {
    at = await mountConsole('/keys?state=pending')
    expect(at.page.get('[data-testid="keys-total"]').attributes('data-total')).toBe('1')
    const input = at.page.get<HTMLInputElement>('[data-testid="admit-file"]')
    Object.defineProperty(input.element, 'files', { value: [new File(['{}'], 'signed.json')], configurable: true })
    await input.trigger('change')
    await at.press('admit-do')
    expect(at.text('admitted')).toContain('密钥已生效')
    expect(at.page.get('[data-testid="keys-total"]').attributes('data-total')).toBe('0')
  })

  it('asks for the reason before a key is revoked', async () => {
    at = await mountConsole('/keys')
    await at.page.get('[data-testid^="revoke-ed25519"]').trigger('click')
    await settle()
    await at.press('revoke-request')
    expect(at.text('revoke')).toContain('请写明吊销原因')
    expect(at.page.get('[data-testid="revoke-do"]').attributes('disabled')).toBeDefined()
  })

  it('prints labels only when kind and size were chosen, and says what was revoked', async () => {
    at = await mountConsole('/labels/new')
    await at.page.get('[data-testid="labels-form"]').trigger('submit')
    await settle()
    expect(at.text('labels-wrong')).toContain('至少选择一类')
    await at.page.get('[data-testid="labels-racks"]').setValue(true)
    await at.page.get('[data-testid="labels-size"]').setValue('70x50')
    await at.page.get('[data-testid="labels-form"]').trigger('submit')
    await settle()
    expect(at.text('labels-printed')).toContain('作废了 20 张')
    await at.press('labels-sheet')
    await at.arrive('label-sheet')
    expect(at.page.get('[data-testid="sheet-count"]').attributes('data-pages')).toBe('1')
    await at.page.get('[data-testid="sheet-start"]').setValue('10')
    await settle()
    expect(at.page.get('[data-testid="sheet-count"]').attributes('data-pages'), '20 labels from cell 10 of 24').toBe('2')
    expect(at.has('sheet-shrinks'), '50 mm are higher than a cell of 37').toBe(true)
  })

  it('leaves the cells free that were used before', () => {
    expect(pagesOf(['a', 'b'], 3, 3)).toEqual([[null, null, 'a'], ['b']])
    expect(pagesOf([], 3, 1)).toEqual([])
  })
})
