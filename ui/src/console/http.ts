// The service over HTTP: same origin, the session in a cookie that scripts cannot read, the CSRF token on every write.
import type { ConsoleApi, ConsoleSession, Page, Query } from './api'
import { ConsoleError, unreachable } from './error'
import type { LedgerWords } from './ledger/words'

const base = '/console/api'

interface ProblemBody {
  readonly title?: string
  readonly code?: string
  readonly detail?: string
}

export function createHttpConsole(send: typeof fetch = (input, init) => fetch(input, init)): ConsoleApi {
  let csrf = ''

  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = new Headers({ 'Accept-Language': document.documentElement.lang })
    if (method !== 'GET') headers.set('X-Xunjian-Csrf', csrf)
    const raw = body instanceof FormData || body instanceof Blob
    if (body !== undefined && !raw) headers.set('Content-Type', 'application/json')
    const init: RequestInit = { method, headers, credentials: 'same-origin' }
    if (body !== undefined) init.body = raw ? body : JSON.stringify(body)
    const answer = await send(base + path, init).catch(() => {
      throw unreachable()
    })
    if (answer.ok) return answer
    const problem = (await answer.json().catch(() => ({}))) as ProblemBody
    throw new ConsoleError(answer.status, String(problem.code ?? ''), problem.title ?? `HTTP ${answer.status}`, problem.detail ?? '')
  }

  const get = async <T>(path: string): Promise<T> => (await call('GET', path)).json() as Promise<T>
  const post = async <T>(path: string, body?: unknown): Promise<T> => {
    const text = await (await call('POST', path, body)).text()
    return (text ? JSON.parse(text) : undefined) as T
  }
  const file = async (path: string): Promise<Blob> => (await call('GET', path)).blob()
  const id = encodeURIComponent

  const search = (query: Query, after: string | null): string => {
    const chosen = Object.entries({ ...query, after: after ?? '' }).filter(([, value]) => value !== '')
    return chosen.length === 0 ? '' : `?${new URLSearchParams(chosen).toString()}`
  }
  // Short lists come as a plain array or as pages; a page wants to know neither.
  const page = async <T>(path: string, query: Query, after: string | null): Promise<Page<T>> => {
    const answer = await get<Page<T> | T[]>(path + search(query, after))
    return Array.isArray(answer) ? { items: answer, next: null, total: answer.length } : answer
  }
  const all = async <T>(path: string): Promise<T[]> => {
    const items: T[] = []
    for (let after: string | null = null; ; ) {
      const part: Page<T> = await page<T>(path, {}, after)
      items.push(...part.items)
      if (part.next === null) return items
      after = part.next
    }
  }
  const upload = (files: readonly File[], allowRemovals: boolean, said: LedgerWords): FormData => {
    const form = new FormData()
    for (const one of files) form.append('file', one, one.name)
    form.append('allow_removals', String(allowRemovals))
    for (const [heading, field] of Object.entries(said.columns)) form.append('map', `${heading}=${field}`)
    if (said.room !== '') form.append('room', said.room)
    return form
  }
  const keep = (session: ConsoleSession): ConsoleSession => {
    csrf = session.csrf
    return session
  }

  return {
    async session() {
      try {
        return keep(await get<ConsoleSession>('/session'))
      } catch (error) {
        if (error instanceof ConsoleError && error.isExpired) return null
        throw error
      }
    },
    logIn: async (name, password) => keep(await post<ConsoleSession>('/session', { name, password })),
    async logOut() {
      await call('DELETE', '/session')
      csrf = ''
    },

    overview: (round) => get(`/overview${search({ round }, null)}`),
    verification: () => get('/verification'),
    verifyAgain: () => post('/verification'),

    rounds: () => all('/rounds'),
    round: (round) => get(`/rounds/${id(round)}`),
    visits: (round, query, after) => page(`/rounds/${id(round)}/visits`, query, after),
    previewRound: (round) => post('/rounds/preview', round),
    openRound: (round) => post('/rounds', round),
    assign: (round, visits, person) => post(`/rounds/${id(round)}/assignments`, { visits, person }),

    coverage: (round) => get(`/rounds/${id(round)}/coverage`),
    lines: (round, query, after) => page(`/rounds/${id(round)}/lines`, query, after),
    indicators: (round) => get(`/rounds/${id(round)}/indicators`),
    archiveUrl: (round) => `${base}/rounds/${id(round)}/archive`,

    records: (query, after) => page('/records', query, after),
    record: (record) => get(`/records/${id(record)}`),
    photoUrl: (record, sha256, size) => `${base}/records/${id(record)}/photos/${id(sha256)}?size=${size}`,
    photo: (record, sha256, size) => file(`/records/${id(record)}/photos/${id(sha256)}?size=${size}`),
    envelopeUrl: (record) => `${base}/records/${id(record)}/envelope`,

    findings: (query, after) => page('/findings', query, after),
    discrepancies: (query, after) => page('/discrepancies', query, after),

    rectifications: (query, after) => page('/rectifications', query, after),
    unopened: (query, after) => page('/rectifications/unopened', query, after),
    rectification: (one) => get(`/rectifications/${id(one)}`),
    exportRectifications: (round, format) => file(`/rectifications/export${search({ round, format }, null)}`),

    ledgerVersions: () => all('/ledger/versions'),
    assets: (query, after) => page('/ledger/assets', query, after),
    ledgerColumns: (files, said) => post('/ledger/columns', upload(files, false, said)),
    previewLedger: (files, allow, said) => post('/ledger/preview', upload(files, allow, said)),
    importLedger: (files, allow, said) => post('/ledger/import', upload(files, allow, said)),
    ledgerChanges: (query, after) => page('/ledger/changes', query, after),
    ledgerChange: (change) => get(`/ledger/changes/${id(change)}`),

    labels: (query, after) => page('/labels', query, after),
    printLabels: (labels) => post('/labels', labels),
    labelUrl: (print) => `${base}/labels/${id(print)}.svg`,

    people: () => all('/people'),
    parties: () => all('/parties'),
    addPerson: (person) => post('/people', person),
    enrolCode: (person) => post(`/people/${id(person)}/enrol-code`),
    terminals: () => all('/terminals'),
    keys: () => all('/keys'),
    keyRequests: () => file('/keys/requests'),
    admitKeys: (signed) => post('/keys/admit', signed),
    revocationRequest: (key, reason) => file(`/keys/${id(key)}/revocation${search({ reason }, null)}`),
    revokeKeys: (signed) => post('/keys/revocations', signed),

    monitoring: (period) => get(`/monitoring${search({ period }, null)}`),

    log: (query, after) => page('/log', query, after),
    leaf: (index) => get(`/log/${index}`),
    checkpoint: () => get('/log/checkpoint'),
    aside: (query, after) => page('/aside', query, after),
    beside: (envelope) => get(`/beside/${id(envelope)}`),
    audit: (query, after) => page('/audit', query, after),
  }
}
