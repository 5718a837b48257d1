// What a program does that was written with fhir-kit-client: one step after the other, results as JSON.
import { CapabilityTool, Client } from 'fhir-kit-client';

const [baseUrl, bearerToken] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const results = {};

async function step(name, work) {
  try {
    results[name] = await work();
  } catch (error) {
    results[name] = { failed: String(error), response: error.response };
  }
}

const family = (bundle) => (bundle.entry ?? []).map(({ resource }) => resource.name[0].family);
const ana = (number) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'https://eclinicalworks.com/patient-id', value: `K-${number}` }],
  name: [{ family: `Kit${number}`, given: ['Ana'] }],
  gender: 'female',
  birthDate: `195${number}-01-31`,
});

await step('connect', () => client.smartAuthMetadata());
await step('capability', async () => {
  const tool = new CapabilityTool(await client.capabilityStatement());
  return {
    searches: tool.resourceCan('Patient', 'search-type'),
    by_birthdate: tool.resourceSearch('Patient', 'birthdate'),
  };
});
await step('create', async () => {
  const made = [];
  for (const number of [0, 1, 2]) made.push(await client.create({ resourceType: 'Patient', body: ana(number) }));
  return made;
});
const [first] = results.create;
await step('read', () => client.read({ resourceType: 'Patient', id: first.id }));
await step('search', async () =>
  family(await client.search({ resourceType: 'Patient', searchParams: { family: 'kit', birthdate: '1951' } })));
await step('post_search', async () =>
  family(await client.search({
    resourceType: 'Patient', searchParams: { name: 'kit2' }, options: { postSearch: true },
  })));
await step('pages', async () => {
  const seen = [];
  let bundle = await client.search({ resourceType: 'Patient', searchParams: { family: 'kit', _count: '1' } });
  while (bundle) {
    seen.push(...family(bundle));
    bundle = await client.nextPage({ bundle });
  }
  return seen;
});
await step('update', () =>
  client.update({ resourceType: 'Patient', id: first.id, body: { ...first, gender: 'other' } }));
await step('patch', () =>
  client.patch({
    resourceType: 'Patient', id: first.id, jsonPatch: [{ op: 'replace', path: '/gender', value: 'unknown' }],
  }));
await step('vread', () => client.vread({ resourceType: 'Patient', id: first.id, version: '1' }));
await step('history', () => client.history({ resourceType: 'Patient', id: first.id }));
await step('everything', () =>
  client.operation({ name: 'everything', resourceType: 'Patient', id: first.id }));
await step('match', () =>
  client.operation({
    name: 'match',
    resourceType: 'Patient',
    input: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: ana(1) }] },
  }));
await step('delete', async () => (await client.delete({ resourceType: 'Patient', id: first.id })) ?? null);
await step('gone', () => client.read({ resourceType: 'Patient', id: first.id }));

console.log(JSON.stringify(results));
