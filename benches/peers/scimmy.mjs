// A peer: scimmy on express, with its resources in memory, and nothing that keeps names unique.

import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

function store() {
  const kept = new Map();
  let made = 0;
  return {
    egress({ id }) {
      if (!id) return [...kept.values()];
      const found = kept.get(id);
      if (!found) throw new SCIMMY.Types.Error(404, null, `there is no ${id}`);
      return found;
    },
    ingress({ id = String((made += 1)) }, data) {
      const one = { ...data, id, meta: { created: new Date(), lastModified: new Date() } };
      kept.set(id, one);
      return one;
    },
    degress({ id }) {
      kept.delete(id);
    },
  };
}

for (const resource of [SCIMMY.Resources.User, SCIMMY.Resources.Group]) {
  const { ingress, egress, degress } = store();
  SCIMMY.Resources.declare(resource).ingress(ingress).egress(egress).degress(degress);
}
const app = express();
app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: () => 'peer' }));
app.listen(Number(process.argv[2]), '127.0.0.1');
