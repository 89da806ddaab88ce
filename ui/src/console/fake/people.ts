// People, terminals and keys of the fake.
import type { ConsoleApi, KeyItem, PersonItem } from '../api'
import { inspector, openedAt, recordItems } from './story'

type Part = Pick<ConsoleApi, 'people' | 'parties' | 'addPerson' | 'enrolCode' | 'terminals' | 'keys' | 'keyRequests' | 'admitKeys' | 'revocationRequest' | 'revokeKeys'>

const qr = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h3v3h-3zM5 0h3v3h-3zM0 5h3v3h-3zM4 4h1v1h-1zM6 6h2v1h-2z"/></svg>'

export function createFakePeople(): Part {
  const parties = [
    { id: 'provider', kind: 'provider', name: '云山云服务有限公司' },
    { id: 'supervisor', kind: 'supervisor', name: '云山信息工程监理有限公司' },
    { id: 'manager', kind: 'manager', name: '云山市政务服务和数据管理局' },
  ]
  const [provider, supervisor] = parties as [(typeof parties)[number], (typeof parties)[number]]
  const people: PersonItem[] = [
    { id: inspector.id, name: inspector.name, party: provider, roles: ['inspector'], keys: 1, has_account: false, created_at: openedAt },
    { id: 'person-chen', name: '陈㛃', party: supervisor, roles: ['reviewer'], keys: 0, has_account: false, created_at: openedAt },
    { id: 'person-shen', name: '沈䶮', party: provider, roles: ['administrator'], keys: 0, has_account: true, created_at: openedAt },
  ]
  const key = (id: string, holder_kind: string, holder_name: string, state: KeyItem['state'], roles: string[]): KeyItem => ({
    key: `ed25519-sha256:${id}`,
    fingerprint: `ed25519-sha256:${id}`,
    holder_kind,
    holder: holder_name,
    holder_name,
    party: holder_kind === 'person' ? provider.name : null,
    roles,
    state,
    from: state === 'pending' ? null : openedAt,
    revoked_at: state === 'revoked' ? openedAt + 3_600_000 : null,
    reason: state === 'revoked' ? '平板遗失' : '',
  })
  const keys: KeyItem[] = [
    key('70f536f210dd38a65c24507fa294f5fe', 'person', inspector.name, 'active', ['inspector']),
    key('ed62f477675406cf42e15ba43b75df8b', 'terminal', '平板A', 'active', []),
    key('a1b2c3d4e5f60718293a4b5c6d7e8f90', 'person', '陈㛃', 'pending', ['reviewer']),
    key('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'terminal', '平板C', 'revoked', []),
  ]

  return {
    people: async () => people,
    parties: async () => parties,
    async addPerson(person) {
      const added: PersonItem = { id: `person-${people.length + 1}`, name: person.name, party: parties.find((one) => one.id === person.party) ?? provider, roles: person.roles, keys: 0, has_account: false, created_at: Date.now() }
      people.push(added)
      return added
    },
    enrolCode: async (person) => ({
      person,
      person_name: people.find((one) => one.id === person)?.name ?? '',
      code: '3F7K-9QXM-T2WA-6HDP-4RNC-8YVE-1G',
      expires_at: Date.now() + 15 * 60_000,
      service_url: 'https://xunjian.example',
      root_fingerprint: '30ff80e47206ec7e1f442112382afaeead1adb672caa6d9f40909f340fb40424',
      qr_text: 'XUNJIAN:3F7K9QXMT2WA6HDP4RNC8YVE1G@https://xunjian.example',
      qr_svg: qr,
    }),
    terminals: async () => [
      { id: '01a204bc-a053', name: '平板A', key: keys[1]?.key ?? '', key_state: 'active', enrolled_at: openedAt, people: [inspector.name], records: recordItems.length, last_sequence: 6, last_seen_at: openedAt + 86_400_000, gaps: [] },
      { id: '01a204bc-b111', name: '平板B', key: 'ed25519-sha256:b', key_state: 'pending', enrolled_at: openedAt, people: [], records: 0, last_sequence: 9, last_seen_at: null, gaps: [{ from: 3, to: 4 }, { from: 7, to: 7 }] },
    ],
    keys: async () => keys,
    keyRequests: async () => new Blob(['{}'], { type: 'application/json' }),
    async admitKeys() {
      for (const one of keys) if (one.state === 'pending') Object.assign(one, { state: 'active', from: Date.now() })
    },
    revocationRequest: async () => new Blob(['{}'], { type: 'application/json' }),
    async revokeKeys() {
      const last = keys.findLast((one) => one.state === 'active')
      if (last) Object.assign(last, { state: 'revoked', revoked_at: Date.now(), reason: '平板遗失' })
    },
  }
}
