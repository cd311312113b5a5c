import type { FastifyRequest } from 'fastify';

import { ApiProblem } from './problem.mts';

/** Refuses query parameters where an endpoint has none. */
export async function refuseQuery(request: FastifyRequest): Promise<void> {
	const names = Object.keys(request.query as object);
	if (names.length === 0) return;
	throw ApiProblem.validation(
		`Unknown query parameter: ${names.join(', ')}`,
		names.map((field) => ({ field, message: 'is not a parameter of this endpoint' })),
	);
}
