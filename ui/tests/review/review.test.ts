// 复核: the reviewer's list, one record with its check, signing and returning; and what the inspector sees of a return.
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { createFakeBackend, fakePassphrase, type FakeOptions } from '@/backend/fake'
import ReviewPage from '@/review/ReviewPage.vue'
import ReviewRecordPage from '@/review/ReviewRecordPage.vue'
import TodayPage from '@/today/TodayPage.vue'
import VisitPage from '@/visit/VisitPage.vue'
import MainNav from '@/nav/MainNav.vue'
import { useSession } from '@/session/store'

import rack from '@/backend/fake/visit-rack.json'
import { mountAppPage } from '../mountPage'

const chen = (more: FakeOptions = {}) => createFakeBackend({ isReviewer: true, ...more })
const by = (page: VueWrapper, id: string): DOMWrapper<Element> => page.find(`[data-testid="${id}"]`)
/** Sheets are drawn beside the page. */
const sheet = (id: string): HTMLElement => {
  const element = document.querySelector<HTMLElement>(`[data-testid="${id}"]`)
  if (!element) throw new Error(`no ${id} on the screen`)
  return element
}
async function press(id: string): Promise<void> {
  sheet(id).click()
  await flushPromises()
}
async function type(id: string, text: string): Promise<void> {
  const field = sheet(id)
  const input = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field : (field.querySelector('input, textarea') as HTMLInputElement)
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
async function submit(id: string): Promise<void> {
  sheet(id).closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await flushPromises()
}

describe('the list of records to review', () => {
  it('shows the heaviest first, with its reasons and numbers', async () => {
    const page = await mountAppPage(ReviewPage, { backend: chen() })
    expect(by(page, 'review-count').text()).toContain('待复核 3 份')
    const [first] = page.findAll('[data-testid^="review-"][data-state]').filter((card) => card.element.tagName === 'ARTICLE')
    expect(first!.find('[data-testid="risk-urgent_findings"]').text()).toContain('紧急问题 1 个')
    expect(first!.find('[data-testid="risk-too_fast"]').text()).toContain('每项 1.6 秒')
    expect(first!.find('[data-testid="weight"]').text()).toContain('79')
  })

  it('signs what is chosen with one passphrase, and says what each came to', async () => {
    const backend = chen()
    const countersign = vi.spyOn(backend, 'countersign')
    const page = await mountAppPage(ReviewPage, { backend })
    const boxes = page.findAll('[data-testid^="choose-"]')
    for (const box of boxes.slice(1)) await box.trigger('click')
    expect(by(page, 'chosen').text()).toContain('2')
    await by(page, 'sign-chosen').trigger('click')
    await flushPromises()
    await submit('sign-submit')
    expect(sheet('sign-sheet').textContent).toContain('请输入口令')
    await type('sign-passphrase', 'wrong')
    await submit('sign-submit')
    expect(sheet('sign-sheet').textContent).toContain('口令不正确')
    await type('sign-passphrase', fakePassphrase)
    await submit('sign-submit')
    expect(sheet('signed').textContent).toContain('已签名 2 份，共 2 份')
    expect(countersign.mock.calls.at(-1)?.[0]).toHaveLength(2)
    await press('sign-close')
    expect(by(page, 'review-count').text()).toContain('待复核 1 份')
    await by(page, 'review-only-accepted').trigger('click')
    expect(page.findAll('[data-testid="waits"]')).toHaveLength(2)
    page.unmount()
  })

  it('lets nobody choose a record that does not verify', async () => {
    const page = await mountAppPage(ReviewPage, { backend: chen({ spoiled: 'receipt' }) })
    expect(page.findAll('[data-testid^="choose-"]')).toHaveLength(2)
    expect(by(page, 'fails').text()).toContain('校验失败：记录与声明均在存证日志中')
  })

  it('fetches the photos of all that waits', async () => {
    const page = await mountAppPage(ReviewPage, { backend: chen() })
    await by(page, 'fetch-all').trigger('click')
    await flushPromises()
    expect(by(page, 'fetch-all').exists(), 'every photo is here').toBe(false)
  })
})

describe('one record under review', () => {
  const open = async (more: FakeOptions = {}) => {
    const backend = chen(more)
    const record = (await backend.reviewQueue()).items[0]!.summary.record
    return { backend, record, page: await mountAppPage(ReviewRecordPage, { backend, props: { record } }) }
  }

  it('says 校验通过 from its own check, and what changed since the last round side by side', async () => {
    const { page } = await open()
    expect(by(page, 'verdict').text()).toContain('校验通过')
    expect(by(page, 'step-cosigners').attributes('data-verdict'), 'what nobody can tell is not called passed').toBe('open')
    const change = by(page, 'since-last-round')
    expect(change.text()).toContain('1 项不同')
    expect(change.text()).toContain('上轮：门禁读卡器失灵')
    expect(change.findAll('[data-testid^="record-line-"]').map((line) => line.attributes('data-outcome'))).toEqual(['abnormal', 'normal'])
  })

  it('names the step that failed, and offers no signature', async () => {
    const { page } = await open({ spoiled: 'receipt' })
    expect(by(page, 'verification').attributes('data-verdict')).toBe('failed')
    expect(by(page, 'step-receipt').text()).toContain('树根不符')
    expect(by(page, 'accept').exists()).toBe(false)
    expect(by(page, 'return').exists()).toBe(false)
  })

  it('goes back with reasons by line only, and shows them with the verdict', async () => {
    const { backend, record, page } = await open()
    const back = vi.spyOn(backend, 'returnRecord')
    await by(page, 'return').trigger('click')
    await flushPromises()
    await type('return-passphrase', fakePassphrase)
    await submit('return-submit')
    expect(sheet('return-sheet').textContent).toContain('退回须写明原因')
    expect(back).not.toHaveBeenCalled()
    await type('reason-1', ' 照片看不清 ')
    expect(sheet('return-count').textContent).toContain('已写 1 项')
    await submit('return-submit')
    expect(back).toHaveBeenCalledWith(record, { lines: { 1: '照片看不清' }, comment: '' }, fakePassphrase)
    expect(by(page, 'review-state').text()).toContain('已退回')
    expect(by(page, 'said').text()).toContain('第 1 项 照片看不清')
    page.unmount()
  })

  it('is complete in English', async () => {
    const backend = chen()
    const record = (await backend.reviewQueue()).items[0]!.summary.record
    const page = await mountAppPage(ReviewRecordPage, { backend, props: { record }, language: 'en' })
    const copy = page.element.cloneNode(true) as HTMLElement
    for (const raw of copy.querySelectorAll('[data-raw]')) raw.remove()
    expect(copy.textContent).not.toMatch(/[\u4e00-\u9fff]/)
  })
})

describe('who reviews', () => {
  it('sees 复核 instead of 今日 and 扫码', async () => {
    const pages = async (backend: ReturnType<typeof chen>) => {
      const nav = await mountAppPage({ components: { MainNav }, setup: () => void useSession().read(), template: '<div><main-nav /></div>' }, { backend })
      await flushPromises()
      return nav.findAll('[data-testid^="nav-"]').map((one) => one.attributes('data-testid'))
    }
    expect(await pages(chen())).toEqual(['nav-review', 'nav-outbox'])
    expect(await pages(createFakeBackend())).toEqual(['nav-today', 'nav-scan', 'nav-outbox'])
  })
})

describe('a visit that was returned', () => {
  it('stands on the list with its reason and opens again with everything it said', async () => {
    const backend = createFakeBackend({ isReturned: true })
    const today = await mountAppPage(TodayPage, { backend })
    expect(by(today, 'returned-by').text()).toContain('王䶮：请重拍')
    const page = await mountAppPage({ components: { VisitPage }, setup: () => void useSession().read(), template: `<visit-page visit="${rack.id}" />` }, { backend })
    await flushPromises()
    expect(by(page, 'returned').text()).toContain('第 1 项 照片看不清指示灯')
    await by(page, 'amend').trigger('click')
    await flushPromises()
    expect(by(page, 'continue').exists(), 'it is a draft again').toBe(true)
    expect(by(page, 'returned').exists(), 'the reasons stay in sight').toBe(true)
  })
})
