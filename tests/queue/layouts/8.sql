BEGIN TRANSACTION;
CREATE TABLE almareplay_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "almareplay_schema" VALUES(8);
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	call VARCHAR(10) NOT NULL, 
	intended_at DATETIME NOT NULL, 
	alma_time DATETIME, 
	loan_id TEXT, 
	due_date DATETIME, 
	last_renew_date DATETIME, 
	fate VARCHAR(10), 
	alma_code TEXT NOT NULL, 
	tracking_id TEXT NOT NULL, 
	answered_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id, "row") REFERENCES transactions (run_id, "row")
);
INSERT INTO "attempts" VALUES(1,1,1,'loan','2026-11-26 02:16:15.045310','2026-09-15 06:01:00.000000','',NULL,NULL,'done','','E01-401','2026-11-26 02:16:15.052969');
INSERT INTO "attempts" VALUES(2,1,2,'scan_in','2026-11-26 02:16:15.072886','2026-09-15 06:02:00.000000','402','2026-09-13 06:00:00.000000',NULL,'done','','E01-402','2026-11-26 02:16:15.076757');
INSERT INTO "attempts" VALUES(3,1,3,'loan','2026-11-26 02:16:15.080730','2026-09-15 06:03:00.000000','',NULL,NULL,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(4,1,4,'loan','2026-11-26 02:16:15.084674','2026-09-15 06:04:00.000000','',NULL,NULL,'refused','400','E01-404','2026-11-26 02:16:15.088796');
INSERT INTO "attempts" VALUES(5,1,5,'loan','2026-11-26 02:16:15.092617','2026-09-15 06:05:00.000000','',NULL,NULL,'refused','400','E01-405','2026-11-26 02:16:15.096739');
INSERT INTO "attempts" VALUES(6,1,7,'scan_in','2026-11-26 02:16:15.105053','2026-09-15 06:07:00.000000','406','2026-09-14 06:00:00.000000',NULL,'done','','E01-406','2026-11-26 02:16:15.113187');
CREATE TABLE "changes" (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	change VARCHAR(10) NOT NULL, 
	words TEXT NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	alma_code TEXT NOT NULL, 
	alma_message TEXT NOT NULL, 
	tracking_id TEXT NOT NULL, 
	loan_id TEXT NOT NULL, 
	note TEXT NOT NULL, 
	looked_at DATETIME, 
	completed_at DATETIME, 
	patron_id TEXT NOT NULL, 
	due_date DATETIME, 
	on_loan_to TEXT NOT NULL, 
	on_loan_since DATETIME, 
	kind VARCHAR(6), 
	item_barcode TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id, "row") REFERENCES transactions (run_id, "row")
);
INSERT INTO "changes" VALUES(1,1,4,'2026-11-26 02:16:15.201948','corrected','','patron_not_found','400','No patron','E01-404','','','2026-09-15 06:04:00.000000','2026-11-26 02:16:15.089378','21880499',NULL,'',NULL,'loan','31880404');
INSERT INTO "changes" VALUES(2,1,5,'2026-11-26 02:16:15.213409','dismissed','lent at the desk','patron_not_found','400','No patron','E01-405','','','2026-09-15 06:05:00.000000','2026-11-26 02:16:15.097237','21880498',NULL,'',NULL,'loan','31880405');
INSERT INTO "changes" VALUES(3,1,8,'2026-11-26 02:16:15.225740','retried','','unavailable','','','','','','2026-09-15 06:00:00.000000','2026-11-26 02:16:15.147119','21880407',NULL,'',NULL,'loan','31880407');
CREATE TABLE "files" (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	sheet TEXT, 
	format VARCHAR(100) NOT NULL, 
	loaded_at DATETIME NOT NULL, 
	first_row INTEGER NOT NULL, 
	rows INTEGER NOT NULL, 
	flags TEXT NOT NULL, 
	insisted SMALLINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "files" VALUES(1,1,'desk.dat','40ac9afbcbbe0b3055583d2d46b96e6938663a18cfbcd4294b7ae9d7dc4ebb0b',NULL,'offline circulation .dat','2026-11-26 02:16:14.996619',1,10,'{}',0);
INSERT INTO "files" VALUES(2,1,'desk-2.dat','5988c8365dc89690f9ea1c6cdc2dc00ac0050f03e381906dc0560a0f41f332be',NULL,'offline circulation .dat','2026-11-26 02:16:15.020919',11,1,'{}',0);
INSERT INTO "files" VALUES(3,2,'spring.dat','d68b17f30196bb5f24a078adc3dbdbc02462c2c1a7f67737d5ba03360e266b09',NULL,'offline circulation .dat','2026-11-26 02:16:15.236929',1,1,'{}',0);
INSERT INTO "files" VALUES(4,3,'night.dat','341b261d2e05d2341cd770733d40565f6f425111f40142e2dd368f59acfeb9ec',NULL,'offline circulation .dat','2026-11-26 02:16:15.347199',1,1,'{}',0);
CREATE TABLE fines (
	run_id INTEGER NOT NULL, 
	fee_id VARCHAR(100) NOT NULL, 
	"row" INTEGER NOT NULL, 
	amount VARCHAR(40) NOT NULL, 
	currency VARCHAR(10) NOT NULL, 
	wrong VARCHAR(5) NOT NULL, 
	due_date DATETIME NOT NULL, 
	waived_at DATETIME, 
	PRIMARY KEY (run_id, fee_id), 
	FOREIGN KEY(run_id, "row") REFERENCES transactions (run_id, "row")
);
INSERT INTO "fines" VALUES(1,'F406',7,'1.25','USD','whole','2026-09-14 06:00:00.000000',NULL);
CREATE TABLE "follow_ups" (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	task VARCHAR(10) NOT NULL, 
	user_id TEXT NOT NULL, 
	loan_id TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	until DATETIME NOT NULL, 
	due_date DATETIME NOT NULL, 
	due_before DATETIME, 
	done_at DATETIME, 
	made_by VARCHAR(10) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id, "row") REFERENCES transactions (run_id, "row")
);
INSERT INTO "follow_ups" VALUES(1,1,1,'due_date','P401','401','2026-09-15 06:00:00.000000','2026-09-15 06:00:01.000000','2026-10-13 06:00:00.000000',NULL,'2026-11-26 02:16:15.063908','return');
INSERT INTO "follow_ups" VALUES(2,1,2,'fine','21880402','402','2026-09-15 06:00:00.000000','2026-09-15 06:00:01.000000','2026-09-13 06:00:00.000000',NULL,NULL,'return');
INSERT INTO "follow_ups" VALUES(3,1,7,'fine','P406','406','2026-09-15 06:00:00.000000','2026-09-15 06:00:01.000000','2026-09-14 06:00:00.000000',NULL,'2026-11-26 02:16:15.137251','return');
CREATE TABLE item_ids (
	run_id INTEGER NOT NULL, 
	institution VARCHAR(100) NOT NULL, 
	environment VARCHAR(20) NOT NULL, 
	item_key TEXT NOT NULL, 
	mms_id TEXT NOT NULL, 
	holding_id TEXT NOT NULL, 
	item_pid TEXT NOT NULL, 
	found_at DATETIME NOT NULL, 
	PRIMARY KEY (run_id, institution, environment, item_key)
)
 WITHOUT ROWID

;
CREATE TABLE lanes (
	run_id INTEGER NOT NULL, 
	item_key TEXT NOT NULL, 
	captured_at BIGINT NOT NULL, 
	"row" INTEGER NOT NULL, 
	PRIMARY KEY (run_id, item_key, captured_at, "row")
)
 WITHOUT ROWID

;
INSERT INTO "lanes" VALUES(1,'31880401',1789376400,1);
INSERT INTO "lanes" VALUES(1,'31880401',1789376400,11);
INSERT INTO "lanes" VALUES(1,'31880402',1789376460,2);
INSERT INTO "lanes" VALUES(1,'31880403',1789376520,3);
INSERT INTO "lanes" VALUES(1,'31880404',1789376580,4);
INSERT INTO "lanes" VALUES(1,'31880405',1789376640,5);
INSERT INTO "lanes" VALUES(1,'31880406',1789376760,7);
INSERT INTO "lanes" VALUES(1,'31880407',1789376820,8);
INSERT INTO "lanes" VALUES(1,'31880408',1789376880,9);
INSERT INTO "lanes" VALUES(1,'31880409',1789376940,10);
INSERT INTO "lanes" VALUES(3,'31880801',1789423200,1);
CREATE TABLE pulls (
	run_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	library TEXT NOT NULL, 
	location TEXT NOT NULL, 
	call_number TEXT NOT NULL, 
	title TEXT NOT NULL, 
	PRIMARY KEY (run_id, "row"), 
	FOREIGN KEY(run_id, "row") REFERENCES transactions (run_id, "row")
);
INSERT INTO "pulls" VALUES(1,7,'MAIN','STACKS','QA 76','A Title');
CREATE TABLE purged (
	run_id INTEGER NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	rows INTEGER NOT NULL, 
	PRIMARY KEY (run_id, outcome), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "purged" VALUES(2,'loaned',1);
CREATE TABLE "runs" (
	id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_row INTEGER NOT NULL, 
	holder_token VARCHAR(32), 
	holder_host VARCHAR(255), 
	holder_pid INTEGER, 
	held_since DATETIME, 
	lease_until DATETIME, 
	purged_at DATETIME, 
	erased_at DATETIME, 
	holder_space VARCHAR(200), 
	holder_started VARCHAR(40), 
	institution VARCHAR(100), 
	institution_name TEXT, 
	environment VARCHAR(20), 
	host VARCHAR(255), 
	rehearsed_institution VARCHAR(100), 
	rehearsed_name TEXT, 
	rehearsed_environment VARCHAR(20), 
	rehearsed_host VARCHAR(255), 
	rehearsed_at DATETIME, 
	loaded_for VARCHAR(100) DEFAULT '' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (loaded_for, name)
);
INSERT INTO "runs" VALUES(1,'main','2026-11-26 02:16:14.993674',12,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'','an Alma that is not known','unknown','unknown',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "runs" VALUES(2,'spring','2026-11-26 02:16:15.230402',2,NULL,NULL,NULL,NULL,NULL,'2026-11-26 02:16:15.285377','2026-11-26 02:16:15.313221',NULL,NULL,'','an Alma that is not known','unknown','unknown',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "runs" VALUES(3,'night','2026-11-26 02:16:15.344985',2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'');
CREATE TABLE transactions (
	run_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	source_file TEXT NOT NULL, 
	source_row INTEGER NOT NULL, 
	kind VARCHAR(6), 
	captured_at BIGINT, 
	captured_offset INTEGER, 
	has_seconds SMALLINT NOT NULL, 
	order_at BIGINT, 
	place INTEGER NOT NULL, 
	item_barcode TEXT NOT NULL, 
	item_key TEXT NOT NULL, 
	patron_id TEXT NOT NULL, 
	library TEXT NOT NULL, 
	circ_desk TEXT NOT NULL, 
	source_note TEXT NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	lane_note TEXT DEFAULT '' NOT NULL, 
	alma_code TEXT DEFAULT '' NOT NULL, 
	alma_message TEXT DEFAULT '' NOT NULL, 
	tracking_id TEXT DEFAULT '' NOT NULL, 
	loan_id TEXT DEFAULT '' NOT NULL, 
	due_date DATETIME, 
	destination TEXT DEFAULT '' NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	completed_at DATETIME, 
	looked_at DATETIME, 
	corrected_at DATETIME, 
	dismissal TEXT DEFAULT '' NOT NULL, on_loan_to TEXT DEFAULT '' NOT NULL, on_loan_since DATETIME, corrected TEXT DEFAULT '' NOT NULL, phase SMALLINT DEFAULT '1' NOT NULL, 
	PRIMARY KEY (run_id, "row"), 
	FOREIGN KEY(file_id) REFERENCES files (id) DEFERRABLE INITIALLY DEFERRED
)
 WITHOUT ROWID

;
INSERT INTO "transactions" VALUES(1,1,1,'desk.dat',1,'loan',1789376400,0,0,1789376400,1,'31880401','31880401','21880401','MAIN','FRONT','','loaned','','','','E01-401','401','2026-10-12 06:00:00.000000','','due date as captured','2026-11-26 02:16:15.054062','2026-09-15 06:01:00.000000',NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,2,1,'desk.dat',2,'return',1789376460,0,0,1789376460,2,'31880402','31880402','','MAIN','FRONT','','returned','','','','E01-402','402',NULL,'shelf','','2026-11-26 02:16:15.077217','2026-09-15 06:02:00.000000',NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,3,1,'desk.dat',3,'loan',1789376520,0,0,1789376520,3,'31880403','31880403','21880403','MAIN','FRONT','','pending','','','','','',NULL,'','',NULL,NULL,NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,4,1,'desk.dat',4,'loan',1789376580,0,0,1789376580,4,'31880404','31880404','21880404','MAIN','FRONT','','pending','','','','','',NULL,'','',NULL,NULL,'2026-11-26 02:16:15.201834','','',NULL,'patron id',1);
INSERT INTO "transactions" VALUES(1,5,1,'desk.dat',5,'loan',1789376640,0,0,1789376640,5,'31880405','31880405','21880498','MAIN','FRONT','','patron_not_found','','400','No patron','E01-405','',NULL,'','','2026-11-26 02:16:15.097237','2026-09-15 06:05:00.000000',NULL,'lent at the desk','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,6,1,'desk.dat',6,NULL,NULL,NULL,0,NULL,6,'','','','','','no barcode','invalid','','','','','',NULL,'','',NULL,NULL,NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,7,1,'desk.dat',7,'return',1789376760,0,0,1789376760,7,'31880406','31880406','','MAIN','FRONT','','returned','','','','E01-406','406',NULL,'hold shelf','a fine of 1.25 USD is to be waived','2026-11-26 02:16:15.113807','2026-09-15 06:07:00.000000',NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,8,1,'desk.dat',8,'loan',1789376820,0,0,1789376820,8,'31880407','31880407','21880407','MAIN','FRONT','','pending','','','','','',NULL,'','retried after unavailable',NULL,NULL,NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,9,1,'desk.dat',9,'return',1789376880,0,0,1789376880,9,'31880408','31880408','','MAIN','FRONT','','uncertain','','','','','',NULL,'','Alma shows no trace','2026-11-26 02:16:15.161286','2026-09-15 06:00:00.000000',NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,10,1,'desk.dat',10,'loan',1789376940,0,0,1789376940,10,'31880409','31880409','21880409','MAIN','FRONT','','on_loan_to_other','','','','','',NULL,'','on loan to another since 2026-09-01','2026-11-26 02:16:15.173392','2026-09-15 06:00:00.000000',NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(1,11,2,'desk-2.dat',1,'loan',1789376400,0,0,1789376400,11,'31880401','31880401','21880401','MAIN','FRONT','','duplicate','the same as row 1','','','','',NULL,'','',NULL,NULL,NULL,'','',NULL,'',1);
INSERT INTO "transactions" VALUES(3,1,4,'night.dat',1,'return',1789423200,0,0,1789423200,1,'31880801','31880801','','MAIN','FRONT','','pending','','','','','',NULL,'','',NULL,NULL,NULL,'','',NULL,'',1);
CREATE INDEX attempts_by_row ON attempts (run_id, "row");
CREATE INDEX ix_files_sha256 ON files (sha256);
CREATE INDEX changes_by_row ON changes (run_id, "row");
CREATE INDEX follow_ups_by_row ON follow_ups (run_id, "row");
CREATE INDEX transactions_by_order ON transactions (run_id, outcome, phase, order_at, place);
COMMIT;
