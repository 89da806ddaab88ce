import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend, fakePassphrase } from '@/backend/fake'
import EnrolPage from '@/enrol/EnrolPage.vue'
import UnlockPage from '@/enrol/UnlockPage.vue'
import type { EnrolRequest } from '@/gen'

import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)
const invite = `XUNJIAN-ENROL:1?u=https://xunjian.example&c=ABCD&r=${'0f'.repeat(32)}`

async function fill(page: Page): Promise<void> {
  await by(page, 'way-paste').trigger('click')
  await by(page, 'invite').setValue(invite)
  await by(page, 'terminal-name').setValue('一区平板A')
  await by(page, 'passphrase').setValue(fakePassphrase)
  await by(page, 'passphrase-again').setValue(fakePassphrase)
}

function recording(options: Parameters<typeof createFakeBackend>[0] = { session: 'fresh' }): { backend: Backend; asked: EnrolRequest[] } {
  const asked: EnrolRequest[] = []
  const fake = createFakeBackend(options)
  return { asked, backend: Object.assign(Object.create(fake) as Backend, { enrol: (request: EnrolRequest) => (asked.push(request), fake.enrol(request)) }) }
}

describe('the enrolment page', () => {
  it('chooses no way for the person and asks for what is missing, in place', async () => {
    const { backend, asked } = recording()
    const page = await mountAppPage(EnrolPage, { backend })
    expect(page.findAll('[aria-pressed="true"]')).toHaveLength(0)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'enrol-lacking').attributes('data-lacking')).toBe('invite')
    expect(asked, 'nothing is sent').toHaveLength(0)
  })

  it('sends the invitation as it was read, and shows the fingerprints to compare', async () => {
    const { backend, asked } = recording()
    const page = await mountAppPage(EnrolPage, { backend })
    await fill(page)
    expect(by(page, 'invite-read').text()).toContain('https://xunjian.example')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(asked).toEqual([{ invite, service_url: '', code: '', root_fingerprint: null, terminal_name: '一区平板A', passphrase: fakePassphrase }])
    expect(by(page, 'enrol-done').text()).toContain('请与纸质确认单核对')
    expect(by(page, 'root').text().replace(/\s/g, '')).toMatch(/^[0-9a-f]{64}$/)
  })

  it('takes address, code and a fingerprint from paper', async () => {
    const { backend, asked } = recording()
    const page = await mountAppPage(EnrolPage, { backend })
    await fill(page)
    await by(page, 'way-type').trigger('click')
    await by(page, 'service-url').setValue(' https://xunjian.example ')
    await by(page, 'code').setValue('ABCD-EFGH')
    await by(page, 'root-fingerprint').setValue('0F0F')
    await page.find('form').trigger('submit')
    expect(by(page, 'enrol-lacking').exists(), 'half a fingerprint is not sent').toBe(true)
    await by(page, 'root-fingerprint').setValue('0F0F '.repeat(16))
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(asked[0]).toMatchObject({ invite: '', service_url: 'https://xunjian.example', code: 'ABCD-EFGH', root_fingerprint: '0f'.repeat(32) })
  })

  it('keeps everything typed when the service refuses', async () => {
    const used = new BackendError('problem', { zh: '登记码已被使用', en: 'The code was used' })
    const page = await mountAppPage(EnrolPage, { backend: createFakeBackend({ session: 'fresh', fails: { enrol: used } }) })
    await fill(page)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'fault').text()).toContain('登记码已被使用')
    expect((by(page, 'passphrase').element as HTMLInputElement).value).toBe(fakePassphrase)
    expect((by(page, 'terminal-name').element as HTMLInputElement).value).toBe('一区平板A')
    expect((by(page, 'invite').element as HTMLTextAreaElement).value).toBe(invite)
  })

  it('says that a text is no invitation', async () => {
    const page = await mountAppPage(EnrolPage, { backend: createFakeBackend({ session: 'fresh' }) })
    await by(page, 'way-paste').trigger('click')
    await by(page, 'invite').setValue('HTTPS://EXAMPLE.INVALID/L/FAKE')
    expect(by(page, 'invite-foreign').exists()).toBe(true)
  })

  it('keeps the tablet’s name when a second person enrols', async () => {
    const { backend, asked } = recording({ session: 'locked' })
    const page = await mountAppPage(EnrolPage, { backend })
    await flushPromises()
    expect(by(page, 'terminal-name').exists()).toBe(false)
    await by(page, 'way-paste').trigger('click')
    await by(page, 'invite').setValue(invite)
    await by(page, 'passphrase').setValue(fakePassphrase)
    await by(page, 'passphrase-again').setValue(fakePassphrase)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(asked[0]?.terminal_name).toBe('平板A')
  })

  it('refuses two passphrases that differ', async () => {
    const { backend, asked } = recording()
    const page = await mountAppPage(EnrolPage, { backend })
    await fill(page)
    await by(page, 'passphrase-again').setValue('correct horse batterie')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'enrol-lacking').attributes('data-lacking')).toBe('again')
    expect(asked).toHaveLength(0)
  })
})

describe('the lock screen', () => {
  it('says what waits, and why a passphrase was refused', async () => {
    const page = await mountAppPage(UnlockPage, { backend: createFakeBackend({ session: 'locked' }) })
    expect(by(page, 'unlock-waiting').text()).toContain('2 条记录、3 张照片待同步')
    await by(page, 'passphrase').setValue('wrong horse battery')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(page.text()).toContain('口令不正确')
    expect((by(page, 'passphrase').element as HTMLInputElement).value, 'a slip is mended, not typed anew').toBe('wrong horse battery')
  })

  it('chooses nobody where several people are enrolled', async () => {
    const fake = createFakeBackend({ session: 'locked' })
    const view = await fake.session()
    const second = { ...view.people[0]!, id: 'second', name: '王䶮' }
    const backend = Object.assign(Object.create(fake) as Backend, { session: async () => ({ ...view, people: [...view.people, second] }) })
    const page = await mountAppPage(UnlockPage, { backend })
    expect(page.findAll('input[type="radio"]:checked')).toHaveLength(0)
    expect(by(page, 'passphrase').exists()).toBe(false)
    await by(page, 'person-second').find('input').setValue(true)
    expect(by(page, 'passphrase').exists()).toBe(true)
  })

  it('says what to do when the data folder cannot be opened', async () => {
    const inUse = new BackendError('in_use', { zh: '数据目录被占用', en: 'The folder is in use' }, [], true)
    const page = await mountAppPage(UnlockPage, { backend: createFakeBackend({ session: 'locked', fails: { session: inUse } }) })
    expect(by(page, 'fault').text()).toContain('数据目录被占用')
    expect(page.text()).toContain('请关闭它，然后重试')
  })
})

describe('the lock screen of someone who tried too often', () => {
  const withPerson = (more: object): Backend => {
    const fake = createFakeBackend({ session: 'locked' })
    const changed = async () => {
      const view = await fake.session()
      return { ...view, people: view.people.map((one) => ({ ...one, ...more })) }
    }
    return Object.assign(Object.create(fake) as Backend, { session: changed })
  }

  it('says how many tries are left before the last ones', async () => {
    const page = await mountAppPage(UnlockPage, { backend: withPerson({ tries_left: 3 }) })
    await flushPromises()
    expect(by(page, 'unlock-tries').text()).toContain('还可以试 3 次')
  })

  it('says how the data come back once the keys are gone, and asks for no passphrase', async () => {
    const page = await mountAppPage(UnlockPage, { backend: withPerson({ tries_left: 0, is_shut: true }) })
    await flushPromises()
    expect(by(page, 'unlock-shut').text()).toContain('数据没有丢')
    expect(by(page, 'unlock-shut').text()).toContain('recovery-request')
    expect(by(page, 'passphrase').exists()).toBe(false)
  })
})
