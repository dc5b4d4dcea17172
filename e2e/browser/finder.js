// Runs in a page: finds what a user would call by these words. For the browser whose driver cannot.
;({ role, name, exact, label, text, css, within }) => {
  const BY_ROLE = {
    alert: '[role=alert]', button: 'button, [role=button], input[type=submit], input[type=button], summary',
    checkbox: 'input[type=checkbox], [role=checkbox]', dialog: 'dialog[open], [role=dialog], [role=alertdialog]', alertdialog: '[role=alertdialog]',
    heading: 'h1, h2, h3, h4, h5, h6, [role=heading]', img: 'img, [role=img]', link: 'a[href], [role=link]', list: 'ul, ol, [role=list]',
    listitem: 'li, [role=listitem]', main: 'main', menuitem: '[role=menuitem]', navigation: 'nav', option: 'option, [role=option]', radio: 'input[type=radio], [role=radio]',
    searchbox: 'input[type=search], [role=searchbox]', status: 'output, [role=status]', switch: '[role=switch]', timer: '[role=timer]',
    textbox: 'input:not([type]), input[type=text], input[type=password], input[type=tel], input[type=email], input[inputmode], textarea, [role=textbox]',
  }
  const tidy = value => (value ?? '').replace(/\s+/g, ' ').trim()
  const visible = element => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden' && !element.closest('[aria-hidden=true]')
  const labelled = element => tidy(
    element.getAttribute('aria-labelledby')?.split(/\s+/).map(id => document.getElementById(id)?.textContent).join(' ')
      || element.getAttribute('aria-label') || [...(element.labels ?? [])].map(one => one.textContent).join(' '))
  const named = element => labelled(element) || tidy(element.textContent) || tidy(element.getAttribute('alt') || element.title || element.placeholder)
  const is = (said, wanted) => exact ? said === tidy(wanted) : said.toLowerCase().includes(tidy(wanted).toLowerCase())
  const roots = within ? [within] : [document]
  const all = selector => roots.flatMap(root => [...root.querySelectorAll(selector)])
  let found
  if (role) found = all(BY_ROLE[role] ?? `[role=${role}]`).filter(one => name === undefined || is(named(one), name))
  else if (label !== undefined) found = all('input, textarea, select, button, [role], [aria-label]').filter(one => labelled(one) && is(labelled(one), label))
  else if (text !== undefined) {
    found = all('body *').filter(one => !['SCRIPT', 'STYLE'].includes(one.tagName) && is(tidy(one.textContent), text))
    // The innermost that says it.
    found = found.filter(one => !found.some(other => other !== one && one.contains(other)))
  } else found = all(css)
  return found.filter(visible)
}
