import type { IHttpRequestOptions } from 'n8n-workflow';

import type { ApiContext } from '../credential';

/** The context with another way to send a request, for n8n's helpers, which send theirs through its own. */
export function withHttpRequest<T extends ApiContext>(
	context: T,
	httpRequest: (options: IHttpRequestOptions) => Promise<unknown>,
): T {
	const helpers = Object.create(context.helpers, { httpRequest: { value: httpRequest } }) as object;
	return Object.create(context, { helpers: { value: helpers } }) as T;
}
