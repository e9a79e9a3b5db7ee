// Messages, enums and services of the contract, `@omnichannel/sdk/v1`.

export * from "./generated/v1.js";
