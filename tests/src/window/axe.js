// Every violation axe finds, by rule and element, in the order found.
const done = arguments[arguments.length - 1]
axe
  .run(document, { resultTypes: ['violations'] })
  .then(({ violations }) =>
    done(violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} — ${node.failureSummary.slice(0, 200)}`))),
  )
  .catch((error) => done([`axe failed: ${error}`]))
