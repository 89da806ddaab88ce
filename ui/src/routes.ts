// The app's pages. Addresses live behind the hash: the custom scheme serves files and knows no paths of ours.
import { createRouter, createWebHashHistory, type Router } from 'vue-router'

import WelcomePage from './welcome/WelcomePage.vue'

export function createRoutes(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', name: 'welcome', component: WelcomePage },
      { path: '/:unknown(.*)*', redirect: { name: 'welcome' } },
    ],
  })
}
