import { beforeEach, describe, expect, it, vi } from 'vitest'

import { ConsoleError } from '@/console/error'
import { createHttpConsole } from '@/console/http'

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status })

describe('the console over HTTP', () => {
  const send = vi.fn<typeof fetch>()
  const sent = (at: number): { path: string; init: RequestInit; headers: Headers } => {
    const [path, init] = send.mock.calls[at] ?? []
    return { path: String(path), init: init ?? {}, headers: new Headers(init?.headers) }
  }
  beforeEach(() => {
    send.mockReset()
    document.documentElement.lang = 'en'
  })

  it('takes 401 of the session for “nobody is logged in” and nothing else for it', async () => {
    const api = createHttpConsole(send)
    send.mockResolvedValueOnce(json({ title: 'Not logged in', code: '401.1' }, 401))
    expect(await api.session()).toBeNull()
    send.mockResolvedValueOnce(json({ title: 'Broken', code: '500.1' }, 500))
    await expect(api.session()).rejects.toMatchObject({ status: 500, number: '500.1' })
  })

  it('sends the session’s token with writes only, and the language with everything', async () => {
    const api = createHttpConsole(send)
    send.mockResolvedValueOnce(json({ csrf: 'token' })).mockImplementation(async () => json({ items: [], next: null, total: 0 }))
    await api.logIn('shen', 'x')
    await api.records({ round: 'r', q: '' }, null)
    await api.verifyAgain()
    expect(sent(1).path, 'empty filters are left out').toBe('/console/api/records?round=r')
    expect(sent(1).headers.has('X-Xunjian-Csrf')).toBe(false)
    expect(sent(1).headers.get('Accept-Language')).toBe('en')
    expect(sent(2).headers.get('X-Xunjian-Csrf')).toBe('token')
    expect(sent(2).init.credentials).toBe('same-origin')
  })

  it('says what a problem says, word for word', async () => {
    const api = createHttpConsole(send)
    send.mockResolvedValueOnce(json({ title: 'Refused', code: '422.1', detail: 'There is a round of this title.' }, 422))
    const failure: unknown = await api.rounds().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ConsoleError)
    expect((failure as ConsoleError).text.en).toBe('Refused: There is a round of this title.')
  })

  it('says in the page’s language that the service does not answer', async () => {
    const api = createHttpConsole(send)
    send.mockRejectedValueOnce(new TypeError('network'))
    await expect(api.rounds()).rejects.toMatchObject({ code: 'unreachable', retryable: true, title: 'The service does not answer.' })
  })

  it('collects short lists over all their pages', async () => {
    const api = createHttpConsole(send)
    send.mockResolvedValueOnce(json({ items: [1], next: 'a~1', total: 2 })).mockResolvedValueOnce(json({ items: [2], next: null, total: 2 }))
    expect(await api.people()).toEqual([1, 2])
    expect(sent(1).path).toBe('/console/api/people?after=a%7E1')
  })

  it('sends ledger files as a form whose boundary the browser chooses', async () => {
    const api = createHttpConsole(send)
    send.mockResolvedValueOnce(json({}))
    await api.previewLedger([new File(['a'], 'ledger.csv')], true, { columns: { 柜子: 'rack' }, room: '一区' })
    const body = sent(0).init.body as FormData
    expect([...body.entries()].slice(1)).toEqual([['allow_removals', 'true'], ['map', '柜子=rack'], ['room', '一区']])
    expect(sent(0).headers.has('Content-Type')).toBe(false)
  })
})
