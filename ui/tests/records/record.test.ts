import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { createFakeBackend } from '@/backend/fake'
import type { Evidence, Finding, RecordDetail, Step, StepReport } from '@/gen'
import RecordBody from '@/parts/RecordBody.vue'
import VerificationSteps from '@/parts/VerificationSteps.vue'
import { numberOf } from '@/records/number'
import RecordPage from '@/records/RecordPage.vue'
import RecordsPage from '@/records/RecordsPage.vue'
import { groupLines, nameOf, noWording } from '@/records/wording'

import detailFile from '@/backend/fake/record.json'
import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)
const demo = (): RecordDetail => JSON.parse(JSON.stringify(detailFile)) as RecordDetail
const first = '511fbc2f7a8b74a89d32073567c81e37d05423760c3e32606ff5d445d724591b'
const step = (name: Step, passed: boolean | null, reason = ''): StepReport => ({ step: name, passed, reason, text: { zh: `步骤${name}`, en: `step ${name}` } })

describe('the check of a record', () => {
  it.each([
    [[step('bytes', true), step('receipt', true)], 'passed', '校验通过'],
    [[step('bytes', true), step('receipt', null)], 'open', '未完成'],
    [[step('bytes', true), step('inspector_signature', false, '签名不符'), step('receipt', null)], 'failed', '步骤inspector_signature'],
    [[], 'open', '未完成'],
  ] as const)('comes to one verdict: %#', async (steps, verdict, words) => {
    const page = await mountAppPage(VerificationSteps, { props: { steps } })
    expect(by(page, 'verification').attributes('data-verdict')).toBe(verdict)
    expect(by(page, 'verdict').text()).toContain(words)
  })

  it('gives the reason of the step that failed, at that step', async () => {
    const page = await mountAppPage(VerificationSteps, { props: { steps: [step('bytes', true), step('terminal_key', false, '根没有为它签名')] } })
    expect(by(page, 'step-terminal_key').text()).toContain('根没有为它签名')
    expect(by(page, 'step-bytes').text()).not.toContain('根没有为它签名')
  })
})

describe('the page of a record', () => {
  it('shows verdict, number, receipt and its neighbours in the chain', async () => {
    const page = await mountAppPage(RecordPage, { props: { record: first } })
    expect(by(page, 'verification').attributes('data-verdict')).toBe('passed')
    expect(by(page, 'record-number').text()).toBe('511F-BC2F-7A8B')
    expect(by(page, 'chain-previous').exists()).toBe(false)
    expect(by(page, 'chain-next').attributes('href')).toContain('/records/6613a2e2')
  })

  it('calls a record without receipt unfinished, never passed', async () => {
    const page = await mountAppPage(RecordPage, { props: { record: 'a1'.repeat(32) } })
    expect(by(page, 'verification').attributes('data-verdict')).toBe('open')
    expect(by(page, 'receipt').text()).toBe('还没有回执')
    expect(by(page, 'record-state').classes()).not.toContain('mark-normal')
  })

  it('says that a record is not here', async () => {
    const page = await mountAppPage(RecordPage, { props: { record: '00' } })
    expect(by(page, 'fault').text()).toContain('没有记录')
  })
})

describe('the content of a record', () => {
  it('shows readings with their limits, people present and the hash of each photo', async () => {
    const page = await mountAppPage(RecordBody, { props: { record: demo().record } })
    expect(by(page, 'record-line-7').text()).toContain('23.5 ℃')
    expect(by(page, 'record-line-7').text()).toContain('限值 18–27')
    expect(page.text()).toContain('王䶮')
    expect(by(page, 'evidence-c9bed8b0').text().replace(/\s/g, '')).toContain(first.length === 64 ? 'c9bed8b08a5f3de7d13cb0958db7f70e' : '')
  })

  it('marks a reading out of its limit', async () => {
    const { record } = demo()
    const climate = record.lines[6]!.checks[0]!
    if (climate.value?.type === 'readings') Object.assign(climate.value.readings[0]!, { value: '31', limit: { ...climate.value.readings[0]!.limit, within: false } })
    const page = await mountAppPage(RecordBody, { props: { record } })
    expect(by(page, 'reading-7-0').attributes('data-within')).toBe('false')
    expect(by(page, 'reading-7-0').text()).toContain('▲ 31 ℃')
  })

  it('shows bulk answers, findings, clock jumps, reused and broken photos', async () => {
    const { record, blobs } = demo()
    record.lines[0]!.bulk = true
    const at = record.clock.started
    record.clock.jumps = [{ before: at, after: { ...at, wall_ms: at.wall_ms - 90_000 }, jumped_ms: -90_000 }]
    record.findings = [{ id: 'f', line: 1, subject: record.visit.subject, severity: 'outage', category: '供电', description: '2号UPS旁路', responsible_unit: '云山电力', due_on: '2026-12-01', found: at, photos: [], no_photo: null, fixed_on_site: '', after_photos: [], desk_call: { callee: '服务台', at }, follows: null } as unknown as Finding]
    ;(record.evidence[0] as Evidence).reuse = [{} as never]
    blobs[1]!.intact = false
    const page = await mountAppPage(RecordBody, { props: { record, blobs } })
    expect(by(page, 'record-line-1').text()).toContain('由“其余全部正常”填写')
    expect(by(page, 'clock-jumps').text()).toContain('时钟向后拨了 1 分钟 30 秒')
    expect(by(page, 'record-findings').text()).toContain('业务中断')
    expect(by(page, 'record-findings').text()).toContain('2号UPS旁路')
    expect(by(page, 'reuse').exists()).toBe(true)
    expect(page.text()).toContain('本机文件与哈希不一致')
  })

  it.each([
    [-86_400_000, '时钟向后拨了 1 天'],
    [90 * 86_400_000, '时钟向前拨了 90 天'],
    [-2 * 3_600_000 - 300_000, '时钟向后拨了 2 小时 5 分钟'],
  ])('tells a jump with its amount: %d ms', async (ms, words) => {
    const { record, sealed_between: between } = demo()
    const at = record.clock.started
    record.clock.jumps = [{ before: at, after: { ...at, wall_ms: at.wall_ms + ms }, jumped_ms: ms }]
    const page = await mountAppPage(RecordBody, { props: { record, between } })
    expect(by(page, 'clock-jumps').text()).toContain(words)
    expect(by(page, 'clock-changed').text()).toContain('终端时钟变动过 1 次')
    const quiet = await mountAppPage(RecordBody, { props: { record: demo().record, between } })
    expect(by(quiet, 'clock-changed').exists()).toBe(false)
  })

  it('tells a reboot with what the clock shows, and invents no amount for it', async () => {
    const { record } = demo()
    const at = record.clock.started
    const reboot = (ms: number) => ({ before: at, after: { wall_ms: at.wall_ms + ms, monotonic_ms: 1000, boot_id: 'later' }, jumped_ms: null })
    record.clock.jumps = [reboot(300_000), reboot(-40 * 86_400_000)]
    const page = await mountAppPage(RecordBody, { props: { record } })
    expect(by(page, 'clock-jumps').text()).toContain('前后时钟相差 5 分钟，关机多久无从核对')
    expect(by(page, 'clock-jumps').text()).toContain('重启后时钟比之前早 40 天')
  })

  it('bounds the time by what others signed and never by the clock of the terminal', async () => {
    const { record, sealed_between: between } = demo()
    record.clock.sealed = { ...record.clock.sealed, wall_ms: 0 }
    record.clock.token_received = { ...record.clock.started, wall_ms: (between.earliest ?? 0) + 90 * 86_400_000 }
    const page = await mountAppPage(RecordBody, { props: { record, between } })
    expect(by(page, 'sealed-earliest').text()).toBe('2026-11-23 03:30')
    expect(by(page, 'sealed-latest').text()).toBe('2026-11-23 03:30')
    expect(by(page, 'clock-off').text()).toContain('终端时钟比服务端快 90 天')
    const open = await mountAppPage(RecordBody, { props: { record: demo().record, between: { ...between, latest: null, placed: null } } })
    expect(by(open, 'sealed-latest').text()).toContain('尚无')
    expect(by(open, 'sealed-placed').text()).toContain('重启过')
    expect(by(open, 'clock-off').exists(), 'a clock that is right is not told').toBe(false)
  })

  it('counts the labels that the office has to look into, each once', async () => {
    const { record } = demo()
    const scan = (verdict: string, text: string, print: string | null) => ({ text, source: 'camera', verdict, print, subject: null, key: null, at: record.clock.started }) as never
    record.scans = [scan('revoked', 'OLD', 'p-1'), scan('revoked', 'old', 'p-1'), scan('forged', 'X', null), scan('foreign', 'Y', null), scan('right', 'Z', 'p-2')]
    const page = await mountAppPage(RecordBody, { props: { record } })
    expect(by(page, 'suspect-labels').text()).toBe('▲ 需要追查的标签：已作废的旧标签仍在现场 1 张、签名不正确的标签 1 张、其他站点的标签 1 张')
    record.scans = [scan('right', 'Z', 'p-2')]
    const clean = await mountAppPage(RecordBody, { props: { record } })
    expect(by(clean, 'suspect-labels').exists()).toBe(false)
  })

  it('names a thing by its ledger row where nothing else knows it, else by its id', () => {
    const { record } = demo()
    record.compared = [{ id: 'x', name: 'web-01', brand: '岭云', model: 'R5' } as never]
    expect(nameOf({ kind: 'physical_server', id: 'x' }, record, noWording)).toBe('web-01 岭云 R5')
    expect(nameOf({ kind: 'physical_server', id: 'y' }, record, noWording)).toBe('y')
    expect(groupLines(record), 'one room, one group').toHaveLength(1)
  })
})

describe('the list of records', () => {
  it('is found by number, place and state', async () => {
    const page = await mountAppPage(RecordsPage, { backend: createFakeBackend() })
    const count = () => page.findAll('a[data-testid^="record-"]').length
    expect(count()).toBe(8)
    await by(page, 'record-search').setValue(numberOf(first).toLowerCase())
    expect(count()).toBe(1)
    await by(page, 'record-search').setValue('一区 A0')
    expect(count()).toBe(4)
    await by(page, 'only-waiting').trigger('click')
    expect(count()).toBe(2)
    await by(page, 'only-set_aside').trigger('click')
    await flushPromises()
    expect(by(page, 'empty').text()).toContain('没有符合条件的记录')
  })
})
