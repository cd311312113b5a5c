import { readFile } from 'node:fs/promises';

import httpProxy from '@fastify/http-proxy';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

import { DOCUMENT_FILE, readDocument, type OpenApiDocument } from './document.mts';
import { API_THROUGH_HERE, BROWSE_PATH, DOCUMENT_PATH } from './paths.mts';

/**
 * The service's description: the file, and a page to browse it and try what it describes. The page's
 * requests reach the API through here, as the service itself answers no web page of another origin.
 */
export async function descriptionPages(
	app: FastifyInstance,
	apiOrigin: () => string,
): Promise<void> {
	app.get(DOCUMENT_PATH, async (_request, reply) =>
		reply.type('application/yaml').send(await readFile(DOCUMENT_FILE)),
	);
	await app.register(httpProxy, {
		prefix: API_THROUGH_HERE,
		rewritePrefix: '',
		upstream: '',
		replyOptions: { getUpstream: apiOrigin },
	});
	await app.register(swagger, {
		mode: 'static',
		specification: { document: browsable() as never },
	});
	await app.register(swaggerUi, {
		routePrefix: BROWSE_PATH,
		// Nothing is loaded from elsewhere, and nothing is sent there.
		uiConfig: {
			validatorUrl: null,
			layout: 'BaseLayout',
			deepLinking: true,
			displayRequestDuration: true,
			showExtensions: true,
		},
		theme: { title: 'AUDITDEX REST API' },
	});
}

/** Read once a process: tests start hundreds of sandboxes. */
let document: OpenApiDocument | undefined;
const browsable = () => (document ??= forBrowsing(readDocument()));

/**
 * With the sandbox as the server, and a token to be pasted: Swagger UI would fetch one with client ID
 * and secret in a header, and the API takes them in the body alone.
 */
function forBrowsing(document: OpenApiDocument): OpenApiDocument {
	const text = JSON.stringify(document, (name, value: unknown) => {
		if (name !== 'clientCredentials' || Array.isArray(value)) return value;
		return (value as { flows?: object }).flows
			? {
					type: 'http',
					scheme: 'bearer',
					description: 'The `access_token` that `POST /oauth/token` answers with.',
				}
			: value;
	});
	const copy = JSON.parse(text) as OpenApiDocument & {
		paths: Record<string, { servers?: object[] }>;
	};
	copy.servers = [{ url: `${API_THROUGH_HERE}/v1`, description: 'This sandbox' }];
	for (const path of Object.values(copy.paths)) {
		if (path.servers) path.servers = [{ url: API_THROUGH_HERE, description: 'This sandbox' }];
	}
	return copy;
}
