// A plain HTTP client with cookies: it follows links, redirects and forms as a person without a browser would.

/** Cookies by host and port-less name, as browsers keep them. */
export class Agent {
  #cookies = new Map();

  async request(url, { method = 'GET', form, headers = {} } = {}) {
    const { hostname } = new URL(url);
    const jar = this.#cookies.get(hostname) ?? new Map();
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(cookie && { cookie }), ...headers },
      body: form && new URLSearchParams(form),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (/max-age=0(;|$)/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    this.#cookies.set(hostname, jar);
    return response;
  }

  /** Follows redirects and pages that navigate by themselves, until a page waits or `stop` says so. */
  async go(url, options = {}, stop = () => false) {
    for (let hops = 0; hops < 15; hops += 1) {
      if (stop(url)) return { url, stopped: true };
      const response = await this.request(url, options);
      const text = await response.text();
      options = {};
      const next = response.headers.get('location') ?? refresh(text);
      if (!next) return { url, response, text };
      url = new URL(next, url).href;
    }
    throw new Error(`too many hops, the last to ${url}`);
  }
}

function refresh(html) {
  const found = html.match(/<meta http-equiv="refresh" content="0;\s*url=([^"]+)"/i);
  return found && unescape(found[1]);
}

/** The first form of a page: its address and fields, with `fill` over what is there. */
export function form(page, fill = {}) {
  const [, attributes, inside] = page.text.match(/<form([^>]*)>([\s\S]*?)<\/form>/i) ?? [];
  if (inside === undefined) throw new Error(`no form at ${page.url}: ${page.text.slice(0, 500)}`);
  const action = unescape(attributes.match(/action="([^"]*)"/i)?.[1] ?? '');
  const fields = {};
  for (const [tag] of inside.matchAll(/<input[^>]*>/gi)) {
    const name = tag.match(/name="([^"]*)"/i)?.[1];
    if (name) fields[unescape(name)] = unescape(tag.match(/value="([^"]*)"/i)?.[1] ?? '');
  }
  return { url: new URL(action || page.url, page.url).href, fields: { ...fields, ...fill } };
}

function unescape(text) {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)))
    .replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}
