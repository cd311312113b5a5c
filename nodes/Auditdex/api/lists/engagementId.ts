import type { JsonObject } from '../json';

const ID_KEYS = ['id', 'engagement_id', 'engagementId', 'uuid'];

/** An engagement's ID as text, '' where it has none under a name that this node knows. */
export function idOf(engagement: JsonObject): string {
	for (const key of ID_KEYS) {
		const id = engagement[key];
		if (typeof id === 'number' || (typeof id === 'string' && id !== '')) return String(id);
	}
	return '';
}
