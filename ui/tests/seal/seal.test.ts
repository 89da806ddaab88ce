import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { Backend } from '@/backend'
import { createFakeBackend, fakePassphrase } from '@/backend/fake'
import type { NewSeal } from '@/gen'
import SealPage from '@/seal/SealPage.vue'
import { minutesBetween, summarise } from '@/seal/summary'

import system from '@/backend/fake/visit-system.json'
import rack from '@/backend/fake/visit-rack.json'
import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)

async function answered(backend: Backend, id: string): Promise<void> {
  const visit = await backend.visit(id)
  for (const line of visit.missing) await backend.recordResult(id, { line, outcome: 'normal' } as never)
}

async function open(backend: Backend, visits: string[]): Promise<Page> {
  const page = await mountAppPage(SealPage, { backend, at: `/seal?visits=${visits.join(',')}` })
  await flushPromises()
  return page
}

describe('the page of signing', () => {
  it('lists what is missing with the way to each item, and offers no passphrase', async () => {
    const page = await open(createFakeBackend(), [system.id])
    expect(by(page, 'missing-count').text()).toContain('还差 3 项')
    expect(by(page, 'lack-2').attributes('href')).toContain(`/visits/${system.id}/lines/2`)
    expect(by(page, 'seal-passphrase').exists()).toBe(false)
    expect(by(page, 'not-ready').exists()).toBe(true)
  })

  it('names photos that were used before, and does not hold up signing for them', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    const of = 'ab'.repeat(32)
    const view = await fake.visit(system.id)
    const one = (await fake.attachPhoto(system.id, { line: null, file_name: '', capture: 'camera', caption: '', layer: null }, new Uint8Array([0xff, 0xd8]))).evidence
    const backend = Object.assign(Object.create(fake) as Backend, { visit: async () => ({ ...view, evidence: [{ ...one, reuse: [{ of, distance: 3 }] }, one] }) })
    const page = await open(backend, [system.id])
    expect(by(page, 'reused').text()).toContain('1 张照片与以前的照片相同或几乎相同')
    expect(by(page, 'seal-passphrase').exists()).toBe(true)
    const plain = await open(fake, [system.id])
    expect(by(plain, 'reused').exists()).toBe(false)
  })

  it('keeps people, permit and passphrase when the passphrase is wrong, then signs', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    const given: NewSeal[] = []
    const backend = Object.assign(Object.create(fake) as Backend, { seal: (ids: string[], pass: string, seal: NewSeal) => (given.push(seal), fake.seal(ids, pass, seal)) })
    const page = await open(backend, [system.id])
    await by(page, 'present-add').trigger('click')
    await by(page, 'present-name-0').setValue('王䶮')
    await by(page, 'present-organisation-0').setValue('数据局')
    await by(page, 'permit').setValue('P-7')
    await by(page, 'permit-until').setValue('2026-12-31')
    await by(page, 'seal-passphrase').setValue('wrong horse battery')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(page.text()).toContain('口令不正确')
    expect((by(page, 'present-name-0').element as HTMLInputElement).value).toBe('王䶮')

    await by(page, 'seal-passphrase').setValue(fakePassphrase)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(given[1]).toEqual({ present: [{ name: '王䶮', organisation: '数据局' }], photo_permit: { number: 'P-7', valid_until: Date.parse('2026-12-31T23:59:59+08:00') } })
    expect(by(page, 'sealed-state').text()).toContain('已签，待同步')
    expect(by(page, 'sealed-state').classes(), 'signed is not delivered: never green').not.toContain('mark-normal')
    expect(by(page, 'record-fingerprint').text().replace(/\s/g, '')).toHaveLength(64)
  })

  it('says before signing how often and by how much the clock was changed', async () => {
    const fake = createFakeBackend()
    const at = { wall_ms: 1_795_305_600_000, monotonic_ms: 1, boot_id: 'b' }
    const jumps = [{ before: at, after: { ...at, wall_ms: at.wall_ms + 90 * 86_400_000 }, jumped_ms: 90 * 86_400_000 }]
    const warnings = [{ zh: '时钟向前拨了 90 天（拨快），请校准系统时间', en: 'The clock was set forward by 90 days' }]
    const backend = Object.assign(Object.create(fake) as Backend, { visit: async (id: string) => ({ ...(await fake.visit(id)), jumps, warnings }) })
    const page = await open(backend, [system.id])
    expect(by(page, 'jumps').text()).toContain('终端时钟变动过 1 次')
    expect(by(page, `seal-visit-${system.id}`).text()).toContain('时钟向前拨了 90 天')
    expect(by(await open(fake, [system.id]), 'jumps').exists()).toBe(false)
  })

  it('signs the complete visits and leaves the others out, saying so', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    const page = await open(fake, [system.id, rack.id])
    expect(by(page, 'left-out').text()).toContain('1 个')
    await by(page, 'seal-passphrase').setValue(fakePassphrase)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(by(page, `sealed-${system.id}`).attributes('data-sealed')).toBe('true')
    expect(by(page, `sealed-${rack.id}`).exists()).toBe(false)
    expect((await fake.visit(rack.id)).state).toBe('draft')
  })

  it('asks for the organisation of each person present', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    const page = await open(fake, [system.id])
    await by(page, 'present-add').trigger('click')
    await by(page, 'present-name-0').setValue('王䶮')
    await by(page, 'seal-passphrase').setValue(fakePassphrase)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'present-fault').exists()).toBe(true)
    expect((await fake.visit(system.id)).state).toBe('draft')
  })

  it('shows a signed visit read-only', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    await fake.seal([system.id], fakePassphrase, { present: [], photo_permit: null })
    const page = await open(fake, [system.id])
    expect(by(page, 'already-sealed').exists()).toBe(true)
    expect(page.find('form').exists()).toBe(false)
  })

  it('offers the people of the last signing without filling them in', async () => {
    const fake = createFakeBackend()
    await answered(fake, system.id)
    await fake.keepScratch('seal:last-present', JSON.stringify([{ name: '王䶮', organisation: '数据局' }]))
    const page = await open(fake, [system.id])
    expect(by(page, 'present-name-0').exists()).toBe(false)
    await by(page, 'present-last').trigger('click')
    expect((by(page, 'present-name-0').element as HTMLInputElement).value).toBe('王䶮')
  })
})

describe('the summary before signing', () => {
  it('rounds the share of bulk answers up and counts each outcome', async () => {
    const fake = createFakeBackend()
    await answered(fake, rack.id)
    const visit = await fake.visit(rack.id)
    visit.lines[0]!.answer!.bulk = true
    const summary = summarise(visit)
    expect(summary).toMatchObject({ normal: 30, abnormal: 0, unanswered: 0, bulk: 1, bulkPercent: 4 })
  })

  it('knows no duration when the clock went back', () => {
    expect(minutesBetween(1_000_000, 2_000_000)).toBe(17)
    expect(minutesBetween(2_000_000, 1_000_000)).toBeNull()
  })
})
