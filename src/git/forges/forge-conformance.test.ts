import { describeForgeConformance } from "./testing/forge-conformance.ts";

describeForgeConformance("github");
describeForgeConformance("gitlab");
describeForgeConformance("gitea");
