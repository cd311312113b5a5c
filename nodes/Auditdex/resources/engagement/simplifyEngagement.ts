import type { IDataObject } from 'n8n-workflow';

import type { JsonObject } from '../../api/json';
import { firstText, placesIn } from '../simplified';

/** What Simplified puts out for an engagement: always these fields, null where the API doesn't say. */
export function simplifyEngagement(engagement: JsonObject): IDataObject {
	const { own } = placesIn(engagement, 'engagement');
	return {
		id: firstText(own, ['id', 'engagement_id', 'engagementId']),
		name: firstText(own, ['name', 'title']),
		status: firstText(own, ['status', 'state']),
	};
}
