// The service of tests and of a bare browser in development: small, stateful, and it can be told to fail. What it lists comes
// from one demo inspection that the real engine made; it judges nothing.
import type { ConsoleApi, ConsoleSession, Page, Query } from '../api'
import { ConsoleError } from '../error'
import { createFakeChanges } from './changes'
import { createFakeCoverage } from './coverage'
import { createFakeLedger } from './ledger'
import { fakeMonitoring } from './monitoring'
import { createFakePeople } from './people'
import { createFakeProof } from './proof'
import { createFakeRectifications } from './rectify'
import { createFakeRounds } from './rounds'

export const fakePassword = 'correct horse battery'

export interface FakeConsoleOptions {
  readonly loggedIn?: boolean
  readonly roles?: readonly string[]
  readonly pageSize?: number
  /** The call of this name is refused with this error. May be changed while the page runs. */
  readonly fails?: Partial<Record<keyof ConsoleApi, Error>>
  /** The record with this id fails at this step. */
  readonly broken?: { readonly record: string; readonly step: string }
}

/** What the service says when a session is over. */
export const expired = (): ConsoleError => new ConsoleError(401, '401.1', '登录已过期。', '请重新登录。')

/** A page of a list, `next` being the place to go on at. */
export type Pager = <T>(items: readonly T[], after: string | null) => Page<T>

export const includes = (query: Query, ...texts: readonly string[]): boolean => {
  const wanted = (query.q ?? '').toLowerCase()
  return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted))
}

export function createFakeConsole(options: FakeConsoleOptions = {}): ConsoleApi {
  const size = options.pageSize ?? 20
  const page: Pager = (items, after) => {
    const from = after === null ? 0 : Number(after)
    const next = from + size < items.length ? String(from + size) : null
    return { items: items.slice(from, from + size), next, total: items.length }
  }
  const session: ConsoleSession = {
    account: 'shen',
    person: 'person-shen',
    person_name: '沈䶮',
    roles: [...(options.roles ?? ['administrator'])],
    csrf: 'fake',
    expires_at: Date.now() + 3_600_000,
    site: 'ys-demo',
    site_name: '云山一号政务云机房',
    root_fingerprint: '30ff80e47206ec7e1f442112382afaeead1adb672caa6d9f40909f340fb40424',
    service_desk: '020-12345',
    version: '0.1.0',
  }
  let current = options.loggedIn === false ? null : session
  const rounds = createFakeRounds(page, options.broken)

  const api: ConsoleApi = {
    session: async () => current,
    logIn: async (name, password) => {
      if (name !== session.account || password !== fakePassword) throw new ConsoleError(401, '401.2', '帐号或口令不对。', '请检查大小写后重试，连续输错会暂时锁定。')
      return (current = session)
    },
    logOut: async () => {
      current = null
    },
    ...rounds,
    ...createFakeCoverage(page),
    ...createFakeRectifications(page),
    ...createFakeLedger(page),
    ...createFakeChanges(page),
    ...createFakePeople(),
    ...createFakeProof(page),
    monitoring: async () => fakeMonitoring,
  }

  // Everything but logging in needs a session, and any call can be told to fail.
  return new Proxy(api, {
    get(target, name: keyof ConsoleApi) {
      const method = target[name] as unknown as (...args: unknown[]) => unknown
      // Whoever awaits the service itself asks whether it has a `then`.
      if (typeof method !== 'function') return method
      if (name === 'photoUrl' || name === 'envelopeUrl' || name === 'labelUrl' || name === 'archiveUrl') return method
      return async (...args: unknown[]) => {
        const failure = options.fails?.[name]
        if (failure) throw failure
        if (!current && !['session', 'logIn', 'logOut'].includes(name)) throw expired()
        const answer = await method(...args)
        // A copy, so that no page changes what the service keeps.
        return answer instanceof Blob ? answer : (JSON.parse(JSON.stringify(answer ?? null)) as unknown)
      }
    },
  })
}
