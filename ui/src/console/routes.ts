// The console's pages. Behind the hash, so that the service serves one file and every link can be passed on.
import { createRouter, createWebHashHistory, type Router, type RouteRecordRaw } from 'vue-router'

export const consoleRoutes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', component: () => import('./dashboard/DashboardPage.vue') },
  // Query `then` is where to go afterwards.
  { path: '/login', name: 'login', component: () => import('./login/LoginPage.vue'), meta: { open: true } },
  { path: '/rounds', name: 'rounds', component: () => import('./rounds/RoundsPage.vue') },
  { path: '/rounds/new', name: 'round-new', component: () => import('./rounds/NewRoundPage.vue') },
  // Query: state, kind, assignee, q.
  { path: '/rounds/:id', name: 'round', component: () => import('./rounds/RoundPage.vue'), props: true },
  { path: '/rounds/:id/coverage', name: 'round-coverage', component: () => import('./coverage/CoveragePage.vue'), props: true },
  // Query: state, room, criterion, q.
  { path: '/rounds/:id/lines', name: 'round-lines', component: () => import('./coverage/LinesPage.vue'), props: true },
  { path: '/rounds/:id/indicators', name: 'round-indicators', component: () => import('./coverage/IndicatorsPage.vue'), props: true },
  { path: '/rounds/:id/closing', name: 'round-closing', component: () => import('./closing/ClosingPage.vue'), props: true },
  { path: '/records', name: 'records', component: () => import('./records/RecordsPage.vue') },
  { path: '/records/:id', name: 'record', component: () => import('./records/RecordPage.vue'), props: true },
  { path: '/findings', name: 'findings', component: () => import('./findings/FindingsPage.vue') },
  { path: '/discrepancies', name: 'discrepancies', component: () => import('./findings/DiscrepanciesPage.vue') },
  // Query: round, state, failing (an indicator), q.
  { path: '/rectifications', name: 'rectifications', component: () => import('./rectify/RectificationsPage.vue') },
  { path: '/rectifications/unopened', name: 'unopened', component: () => import('./rectify/UnopenedPage.vue') },
  { path: '/rectifications/:id', name: 'rectification', component: () => import('./rectify/RectificationPage.vue'), props: true },
  { path: '/ledger', name: 'ledger', component: () => import('./ledger/AssetsPage.vue') },
  { path: '/ledger/versions', name: 'ledger-versions', component: () => import('./ledger/VersionsPage.vue') },
  { path: '/ledger/import', name: 'ledger-import', component: () => import('./ledger/ImportPage.vue') },
  { path: '/ledger/changes', name: 'ledger-changes', component: () => import('./changes/ChangeSetsPage.vue') },
  { path: '/ledger/changes/:id', name: 'ledger-change', component: () => import('./changes/ChangeSetPage.vue'), props: true },
  { path: '/ledger/racks/:rack', name: 'ledger-rack', component: () => import('./ledger/RackPage.vue'), props: true },
  // Query: period.
  { path: '/monitoring', name: 'monitoring', component: () => import('./monitoring/MonitoringPage.vue') },
  { path: '/labels', name: 'labels', component: () => import('./labels/LabelsPage.vue') },
  { path: '/labels/new', name: 'labels-new', component: () => import('./labels/NewLabelsPage.vue') },
  // Query: prints (ids), layout, start, width, height.
  { path: '/labels/sheet', name: 'label-sheet', component: () => import('./labels/SheetPage.vue') },
  { path: '/people', name: 'people', component: () => import('./people/PeoplePage.vue') },
  { path: '/terminals', name: 'terminals', component: () => import('./people/TerminalsPage.vue') },
  { path: '/keys', name: 'keys', component: () => import('./people/KeysPage.vue') },
  { path: '/log', name: 'log', component: () => import('./log/LogPage.vue') },
  { path: '/log/:index(\\d+)', name: 'leaf', component: () => import('./log/LeafPage.vue'), props: true },
  { path: '/verification', name: 'verification', component: () => import('./log/VerificationPage.vue') },
  { path: '/aside', name: 'aside', component: () => import('./log/AsidePage.vue') },
  { path: '/beside/:envelope', name: 'beside', component: () => import('./beside/BesidePage.vue'), props: true },
  { path: '/audit', name: 'audit', component: () => import('./log/AuditPage.vue') },
  { path: '/:unknown(.*)*', redirect: { name: 'overview' } },
]

export function createConsoleRoutes(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: consoleRoutes,
    // A new page starts at its top; a changed filter stays where it is.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
}
