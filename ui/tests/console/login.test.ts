import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { expired, type FakeConsoleOptions, fakePassword } from '@/console/fake'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('logging in', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  async function fillIn(name: string, password: string): Promise<void> {
    await at.page.get('[data-testid="login-name"]').setValue(name)
    await at.page.get('[data-testid="login-password"]').setValue(password)
    await at.page.get('[data-testid="login"]').trigger('submit')
    await settle()
  }

  it('sends whoever is not logged in to the log-in page, and back to the very list they wanted', async () => {
    at = await mountConsole('/findings?severity=major', { loggedIn: false })
    expect(at.routes.currentRoute.value.name).toBe('login')
    await fillIn('shen', fakePassword)
    expect(at.routes.currentRoute.value.fullPath).toBe('/findings?severity=major')
    expect(at.text('who')).toContain('沈䶮')
  })

  it('says in place that the password is wrong and keeps the name', async () => {
    at = await mountConsole('/', { loggedIn: false })
    await fillIn('shen', 'guess')
    expect(at.text('login-wrong')).toContain('大小写')
    expect(at.page.get<HTMLInputElement>('[data-testid="login-name"]').element.value).toBe('shen')
    expect(at.routes.currentRoute.value.name).toBe('login')
  })

  it('asks for both fields before it asks the service', async () => {
    at = await mountConsole('/', { loggedIn: false })
    await at.page.get('[data-testid="login"]').trigger('submit')
    await settle()
    expect(at.text('login-wrong')).toContain('请填写帐号和口令')
  })

  it('asks for the password again when the session ran out, says why, and then shows the same page', async () => {
    const fails: NonNullable<FakeConsoleOptions['fails']> = {}
    at = await mountConsole('/', { fails })
    fails.rounds = expired()
    await at.goTo('/rounds')
    expect(at.text('expired')).toContain('登录已过期')
    expect(at.has('nav'), 'nothing else is offered').toBe(false)
    delete fails.rounds
    await fillIn('shen', fakePassword)
    expect(at.routes.currentRoute.value.path).toBe('/rounds')
    expect(at.has('login')).toBe(false)
    expect(at.text('rounds-table'), 'what was owed has been asked again').toContain('2026年第四季度全面巡检')
  })

  it('loses nothing that was typed when the session runs out under a form', async () => {
    const fails: NonNullable<FakeConsoleOptions['fails']> = { addPerson: expired() }
    at = await mountConsole('/people', { fails })
    await at.press('new-person')
    await at.page.get('[data-testid="person-name"]').setValue('李㛃')
    await at.page.get('[data-testid="person-party"]').setValue('supervisor')
    await at.page.get('[data-testid="role-reviewer"]').setValue(true)
    await at.page.get('[data-testid="person-form"]').trigger('submit')
    await settle()
    delete fails.addPerson
    await fillIn('shen', fakePassword)
    expect(at.page.get<HTMLInputElement>('[data-testid="person-name"]').element.value).toBe('李㛃')
    await at.page.get('[data-testid="person-form"]').trigger('submit')
    await settle()
    expect(at.text('people-table')).toContain('李㛃')
  })

  it('never follows a return address that leaves this console', async () => {
    at = await mountConsole('/login?then=//evil.example/', { loggedIn: false })
    await fillIn('shen', fakePassword)
    expect(at.routes.currentRoute.value.name).toBe('overview')
  })

  it('logs out to the log-in page', async () => {
    at = await mountConsole('/')
    await at.press('log-out')
    expect(at.routes.currentRoute.value.name).toBe('login')
    expect(at.has('nav')).toBe(false)
  })
})
