// The app's pages. Addresses live behind the hash: the custom scheme serves files and knows no paths of ours.
import { createRouter, createWebHashHistory, type Router, type RouteRecordRaw } from 'vue-router'

/** A route that needs nobody unlocked says so; everything else sends a locked tablet to its lock screen. */
declare module 'vue-router' {
  interface RouteMeta {
    readonly open?: boolean
    /** Key of the page's title. */
    readonly title?: string
    /** One of the main pages: no way back is shown. */
    readonly main?: boolean
  }
}

export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: { name: 'today' } },
  { path: '/enrol', name: 'enrol', component: () => import('./enrol/EnrolPage.vue'), meta: { open: true, title: 'enrol.title' } },
  { path: '/unlock', name: 'unlock', component: () => import('./enrol/UnlockPage.vue'), meta: { open: true, title: 'unlock.title' } },
  { path: '/today', name: 'today', component: () => import('./today/TodayPage.vue'), meta: { title: 'today.title', main: true } },
  { path: '/scan', name: 'scan', component: () => import('./scan/LookUpPage.vue'), meta: { title: 'scan.title', main: true } },
  { path: '/outbox', name: 'outbox', component: () => import('./outbox/OutboxPage.vue'), meta: { title: 'outbox.title', main: true } },
  { path: '/review', name: 'review', component: () => import('./review/ReviewPage.vue'), meta: { title: 'review.title', main: true } },
  { path: '/review/:record', name: 'review-record', component: () => import('./review/ReviewRecordPage.vue'), props: true, meta: { title: 'review.one' } },
  { path: '/visits/:visit', name: 'visit', component: () => import('./visit/VisitPage.vue'), props: true, meta: { title: 'visit.title' } },
  // `line` chooses the item that is open; without it the page goes on where the person left off.
  { path: '/visits/:visit/lines/:line?', name: 'checklist', component: () => import('./visit/ChecklistPage.vue'), props: true, meta: { title: 'checklist.title' } },
  { path: '/visits/:visit/scan', name: 'visit-scan', component: () => import('./scan/VisitScanPage.vue'), props: true, meta: { title: 'scan.title' } },
  { path: '/visits/:visit/rack', name: 'rack', component: () => import('./rack/RackPage.vue'), props: true, meta: { title: 'rack.title' } },
  // Query `line` binds a new finding to its item.
  { path: '/visits/:visit/findings/:finding?', name: 'finding', component: () => import('./finding/FindingPage.vue'), props: true, meta: { title: 'finding.title' } },
  // Query `line` binds a new photo; `sha256` opens one to look at or draw on.
  { path: '/visits/:visit/photo', name: 'camera', component: () => import('./photo/CameraPage.vue'), props: true, meta: { title: 'photo.title' } },
  { path: '/visits/:visit/photo/:sha256', name: 'annotate', component: () => import('./photo/AnnotatePage.vue'), props: true, meta: { title: 'photo.annotate' } },
  // Query `visits` seals several; without it this visit.
  { path: '/seal/:visit?', name: 'seal', component: () => import('./seal/SealPage.vue'), props: true, meta: { title: 'seal.title' } },
  { path: '/records', name: 'records', component: () => import('./records/RecordsPage.vue'), meta: { title: 'records.title' } },
  { path: '/records/:record', name: 'record', component: () => import('./records/RecordPage.vue'), props: true, meta: { title: 'records.one' } },
  { path: '/settings', name: 'settings', component: () => import('./settings/SettingsPage.vue'), meta: { title: 'settings.title' } },
  { path: '/:unknown(.*)*', redirect: { name: 'today' } },
]

export function createRoutes(): Router {
  return createRouter({ history: createWebHashHistory(), routes })
}
