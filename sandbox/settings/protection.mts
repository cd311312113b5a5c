import type { FastifyInstance, FastifyRequest } from 'fastify';

/** No scripts, no frames, nothing from elsewhere; forms lead to this site alone. */
const HEADERS = {
	'content-security-policy':
		"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	'x-content-type-options': 'nosniff',
	// With "no-referrer" browsers would leave out the origin that forms are checked by.
	'referrer-policy': 'same-origin',
	'cache-control': 'no-store',
};

export function protectPages(app: FastifyInstance): void {
	app.addHook('onSend', async (_request, reply) => {
		reply.headers(HEADERS);
	});
}

/** Takes forms from this site's own pages only, whatever another page makes a browser send here. */
export function refuseOtherSites(app: FastifyInstance): void {
	app.addHook('onRequest', async (request) => {
		if (['GET', 'HEAD'].includes(request.method) || isFromHere(request)) return;
		throw Object.assign(new Error('This form was not sent from the settings page.'), {
			statusCode: 403,
		});
	});
}

/** Browsers say with each form where it comes from. */
function isFromHere({ headers }: FastifyRequest): boolean {
	const site = headers['sec-fetch-site'];
	return site === undefined ? headers.origin === `http://${headers.host}` : site === 'same-origin';
}
