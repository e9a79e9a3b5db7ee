// What a user of CommonJS writes.

import sdk = require("@omnichannel/sdk");
import testing = require("@omnichannel/sdk/testing");
import v1 = require("@omnichannel/sdk/v1");
import web = require("@omnichannel/sdk/web");

const client: sdk.Client = new sdk.Client({ endpoint: "http://127.0.0.1:1" });
const page: web.Client = new web.Client({ endpoint: "http://127.0.0.1:1" });
const kind: v1.ChannelKind = sdk.v1.ChannelKind.EMAIL;
const starting: typeof testing.startServer = testing.startServer;
const same = new sdk.NotFound({ code: sdk.Code.NotFound, message: "" });
if (
  !(same instanceof sdk.OmnichannelError) ||
  kind !== v1.ChannelKind.EMAIL ||
  typeof starting !== "function"
) {
  console.log(`kind ${kind}`);
}
client.close();
page.close();
